/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/log_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opened for writing, too, so that the pipe does not end while httpd opens its logs again. */
int pyw_log_pipe_open(pyw_log_pipe *self, const char *path, int to)
{
    *self = (pyw_log_pipe){.from = -1, .to = to};
    if (mkfifo(path, 0600) != 0) {
        return -1;
    }
    self->from = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return self->from >= 0 ? 0 : -1;
}

struct pollfd pyw_log_pipe_wanted(const pyw_log_pipe *self)
{
    return self->length > 0 ? (struct pollfd){.fd = self->to, .events = POLLOUT}
                            : (struct pollfd){.fd = self->from, .events = POLLIN};
}

/* If nobody reads the output any more, httpd continues without it. */
static void write_data(pyw_log_pipe *self)
{
    ssize_t written = write(self->to, self->data, self->length);

    if (written < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    written = written > 0 ? written : (ssize_t)self->length;
    self->length -= (size_t)written;
    memmove(self->data, self->data + written, self->length);
}

int pyw_log_pipe_move(pyw_log_pipe *self, const struct pollfd *found)
{
    ssize_t got;

    if (found->revents == 0) {
        return 0;
    }
    if (self->length > 0) {
        write_data(self);
        return 1;
    }
    got = read(self->from, self->data, sizeof(self->data));
    self->length = got > 0 ? (size_t)got : 0;
    return got > 0;
}
