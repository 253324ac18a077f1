/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/shared/liveness_pipes.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

static void drop_pipe(pyw_liveness_pipes *lines, int index)
{
    close(lines->items[index].fd);
    lines->count--;
    memmove(&lines->items[index], &lines->items[index + 1], (size_t)(lines->count - index) * sizeof(lines->items[0]));
}

/* httpd sends a configuration again that the manager has refused. */
static int is_newest(const pyw_liveness_pipes *lines, int fd)
{
    struct stat newest, added;

    return lines->count > 0 && fstat(lines->items[lines->count - 1].fd, &newest) == 0 && fstat(fd, &added) == 0 &&
           newest.st_dev == added.st_dev && newest.st_ino == added.st_ino;
}

void pyw_liveness_pipes_add(pyw_liveness_pipes *lines, int fd)
{
    if (fd < 0) {
        return;
    }
    if (is_newest(lines, fd)) {
        close(fd);
        return;
    }
    if (lines->count == PYW_LIVENESS_PIPES_MOST) {
        drop_pipe(lines, 0);
    }
    lines->newest++;
    lines->items[lines->count].number = lines->newest;
    lines->items[lines->count].fd = fd;
    lines->count++;
}

static int is_paused(const pyw_liveness_pipes *lines)
{
    return lines->woken_at != 0 && pyw_clock_ms() - lines->woken_at < PYW_LIVENESS_PIPES_PAUSE_MS;
}

/* The bytes of exited children remain in the pipe. */
static int has_ended(pyw_liveness_pipes *lines, int fd, short events)
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

void pyw_liveness_pipes_look(pyw_liveness_pipes *lines)
{
    short events = is_paused(lines) ? 0 : POLLIN;

    for (int i = lines->count - 1; i >= 0; i--) {
        if (has_ended(lines, lines->items[i].fd, events)) {
            drop_pipe(lines, i);
        }
    }
}

int pyw_liveness_pipes_is_gone(const pyw_liveness_pipes *lines, unsigned number)
{
    return lines->count == 0 || lines->items[0].number > number;
}

int64_t pyw_liveness_pipes_collect(const pyw_liveness_pipes *lines, apr_array_header_t *fds)
{
    short events = is_paused(lines) ? 0 : POLLIN;

    for (int i = 0; i < lines->count; i++) {
        struct pollfd *item = apr_array_push(fds);

        item->fd = lines->items[i].fd;
        item->events = events;
        item->revents = 0;
    }
    return events ? INT64_MAX : lines->woken_at + PYW_LIVENESS_PIPES_PAUSE_MS;
}
