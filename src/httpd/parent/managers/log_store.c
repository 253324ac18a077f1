/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/managers/log_store.h"

#include <httpd.h>
#include <http_config.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETAINED_KEY "pywsgi-log-store"

/* Room for several thousand pipes, if the system permits such a buffer. */
enum { SEND_BUFFER = 4 * 1024 * 1024 };

/* Plain data only, as the next generation may be another build of this module. */
typedef struct retained_store {
    int is_created;
    int ends[2];
} retained_store;

static int create_store(retained_store *store)
{
    const int size = SEND_BUFFER;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, store->ends) != 0) {
        return 0;
    }
    if (setsockopt(store->ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0) {
        (void)setsockopt(store->ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    store->is_created = 1;
    return 1;
}

int pyw_log_store_fd(int end)
{
    retained_store *store = ap_retained_data_get(RETAINED_KEY);

    if (!store) {
        store = ap_retained_data_create(RETAINED_KEY, sizeof(*store));
    }
    return store->is_created || create_store(store) ? store->ends[end] : -1;
}

void pyw_log_store_renew(void)
{
    retained_store *store = ap_retained_data_get(RETAINED_KEY);

    if (store && store->is_created) {
        close(store->ends[0]);
        close(store->ends[1]);
        store->is_created = 0;
    }
}

void pyw_log_store_child_init(void)
{
    pyw_log_store_renew();
}
