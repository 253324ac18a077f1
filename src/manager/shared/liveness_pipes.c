/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/shared/liveness_pipes.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

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

static int is_paused(const pyw_lifelines *lines)
{
    return lines->woken_at != 0 && pyw_clock_ms() - lines->woken_at < PYW_LIFELINES_PAUSE_MS;
}

/* Once the children are gone, what they have written is still there. */
static int has_ended(pyw_lifelines *lines, int fd, short events)
{
    struct pollfd item = {fd, events, 0};
    char bytes[4096];

    if (poll(&item, 1, 0) <= 0) {
        return 0;
    }
    if (!(item.revents & POLLIN)) {
        return 1;
    }
    lines->woken_at = pyw_clock_ms();
    return read(fd, bytes, sizeof(bytes)) == 0;
}

void pyw_lifelines_look(pyw_lifelines *lines)
{
    short events = is_paused(lines) ? 0 : POLLIN;

    for (int i = lines->count - 1; i >= 0; i--) {
        if (has_ended(lines, lines->items[i].fd, events)) {
            drop(lines, i);
        }
    }
}

int pyw_lifelines_is_gone(const pyw_lifelines *lines, unsigned number)
{
    return lines->count == 0 || lines->items[0].number > number;
}

int64_t pyw_lifelines_collect(const pyw_lifelines *lines, apr_array_header_t *fds)
{
    short events = is_paused(lines) ? 0 : POLLIN;

    for (int i = 0; i < lines->count; i++) {
        struct pollfd *item = apr_array_push(fds);

        item->fd = lines->items[i].fd;
        item->events = events;
        item->revents = 0;
    }
    return events ? INT64_MAX : lines->woken_at + PYW_LIFELINES_PAUSE_MS;
}
