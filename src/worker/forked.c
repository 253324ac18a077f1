/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/forked.h"

#include <stddef.h>
#include <string.h>

#include "base/os/descriptors.h"
#include "worker/heritage.h"

static int epoll_fd = -1, board_fd = -1;

void pyw_worker_forked_prepare_epoll(int fd)
{
    epoll_fd = fd;
}

void pyw_worker_forked_prepare_board(int fd)
{
    board_fd = fd;
}

/* An unnamed socket has no path; an abstract socket has a path that begins with NUL. */
static int is_same_address(const pyw_address *one, const pyw_address *other)
{
    return one->any.sa_family == AF_UNIX && other->any.sa_family == AF_UNIX && one->local.sun_path[0] != '\0' &&
           strcmp(one->local.sun_path, other->local.sun_path) == 0;
}

/* An accepted connection has the address of the listening socket. */
static int is_request_connection(int fd, void *baton)
{
    const pyw_address *listener = baton;
    pyw_address own;

    if ((fd >= PYW_HERITAGE_CHANNEL && fd < PYW_HERITAGE_RECORDS) || fd == epoll_fd || fd == board_fd) {
        return 1;
    }
    return pyw_descriptors_own_address(fd, &own) && is_same_address(&own, listener);
}

void pyw_worker_forked(void)
{
    pyw_address listener;

    if (!pyw_descriptors_own_address(PYW_HERITAGE_LISTENER, &listener)) {
        memset(&listener, 0, sizeof(listener));
    }
    pyw_descriptors_close(is_request_connection, &listener);
}
