/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/poll_list.h"

#include <poll.h>

void pyw_poll_list_add(apr_array_header_t *list, int fd, short events)
{
    struct pollfd *item;

    if (fd < 0) {
        return;
    }
    item = apr_array_push(list);
    item->fd = fd;
    item->events = events;
    item->revents = 0;
}
