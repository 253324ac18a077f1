/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/pyw_worker_forked.h"

#include <stddef.h>
#include <string.h>

#include "base/pyw_descriptors.h"
#include "worker/pyw_heritage.h"

static int epoll_fd = -1, board_fd = -1;

/* Of the two listening sockets; an accepted connection has the same. Without one it is empty. */
typedef struct listening {
    pyw_address addresses[2];
} listening;

void pyw_worker_forked_prepare_epoll(int fd)
{
    epoll_fd = fd;
}

void pyw_worker_forked_prepare_board(int fd)
{
    board_fd = fd;
}

/* An unnamed socket has no path; the first byte of an abstract one is 0. */
static int is_same(const pyw_address *one, const pyw_address *other)
{
    return one->any.sa_family == AF_UNIX && other->any.sa_family == AF_UNIX && one->local.sun_path[0] != '\0'
           && strcmp(one->local.sun_path, other->local.sun_path) == 0;
}

static int is_ours(int fd, void *baton)
{
    const listening *self = baton;
    pyw_address own;

    if ((fd >= PYW_HERITAGE_CHANNEL && fd <= PYW_HERITAGE_OWN) || fd == epoll_fd || fd == board_fd) {
        return 1;
    }
    return pyw_descriptors_own_address(fd, &own)
           && (is_same(&own, &self->addresses[0]) || is_same(&own, &self->addresses[1]));
}

static void look_up(int fd, pyw_address *address)
{
    if (!pyw_descriptors_own_address(fd, address)) {
        memset(address, 0, sizeof(*address));
    }
}

void pyw_worker_forked(void)
{
    listening self;

    look_up(PYW_HERITAGE_LISTENER, &self.addresses[0]);
    look_up(PYW_HERITAGE_OWN, &self.addresses[1]);
    pyw_descriptors_close(is_ours, &self);
}
