/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/log_store.h"

#include <httpd.h>
#include <http_config.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETAINED_KEY "pywsgi-log-store"

/* Room for some thousand pipes, as far as the system allows. */
enum { SEND_BUFFER = 4 * 1024 * 1024 };

/* As all that outlives a restart: plain data. */
typedef struct retained_store {
    int is_made;
    int ends[2];
} retained_store;

static int make_store(retained_store *store)
{
    const int size = SEND_BUFFER;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, store->ends) != 0) {
        return 0;
    }
    if (setsockopt(store->ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0) {
        (void)setsockopt(store->ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    store->is_made = 1;
    return 1;
}

int pyw_log_store_fd(int end)
{
    retained_store *store = ap_retained_data_get(RETAINED_KEY);

    if (!store) {
        store = ap_retained_data_create(RETAINED_KEY, sizeof(*store));
    }
    return store->is_made || make_store(store) ? store->ends[end] : -1;
}

void pyw_log_store_renew(void)
{
    retained_store *store = ap_retained_data_get(RETAINED_KEY);

    if (store && store->is_made) {
        close(store->ends[0]);
        close(store->ends[1]);
        store->is_made = 0;
    }
}

void pyw_log_store_child_init(void)
{
    pyw_log_store_renew();
}
