/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_lifelines.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static void drop(pyw_lifelines *lines, int index)
{
    close(lines->items[index].fd);
    lines->count--;
    memmove(&lines->items[index], &lines->items[index + 1], (size_t)(lines->count - index) * sizeof(lines->items[0]));
}

void pyw_lifelines_add(pyw_lifelines *lines, int fd)
{
    if (fd < 0) {
        return;
    }
    if (lines->count == PYW_LIFELINES_MOST) {
        drop(lines, 0);
    }
    lines->newest++;
    lines->items[lines->count].number = lines->newest;
    lines->items[lines->count].fd = fd;
    lines->count++;
}

/* No events are asked for: the end of the writers is reported all the same, and bytes are not. */
static int has_ended(int fd)
{
    struct pollfd item = {fd, 0, 0};

    return poll(&item, 1, 0) > 0;
}

void pyw_lifelines_look(pyw_lifelines *lines)
{
    for (int i = lines->count - 1; i >= 0; i--) {
        if (has_ended(lines->items[i].fd)) {
            drop(lines, i);
        }
    }
}

int pyw_lifelines_is_gone(const pyw_lifelines *lines, unsigned number)
{
    return lines->count == 0 || lines->items[0].number > number;
}

void pyw_lifelines_collect(const pyw_lifelines *lines, apr_array_header_t *fds)
{
    for (int i = 0; i < lines->count; i++) {
        struct pollfd *item = apr_array_push(fds);

        item->fd = lines->items[i].fd;
        item->events = 0;
        item->revents = 0;
    }
}
