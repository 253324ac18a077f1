/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_LOG_PIPE_H
#define PYW_COMMAND_SERVE_LOG_PIPE_H

/*
 * A log of the private httpd on its way to the terminal. httpd opens a named pipe, because it could not open a standard
 * output that is a socket (systemd's journal) or a terminal of another user.
 */

#include <poll.h>
#include <stddef.h>

typedef struct pyw_log_pipe {
    int from;
    int to;
    char data[4096]; /* not yet written: a pipe with room takes as much without blocking */
    size_t length;
} pyw_log_pipe;

/* Creates the pipe. Returns -1 with errno if it cannot. */
int pyw_log_pipe_open(pyw_log_pipe *self, const char *path, int to);

/* The events that poll(2) has to wait for. */
struct pollfd pyw_log_pipe_wanted(const pyw_log_pipe *self);

/* Reads or writes, after poll(2). Returns whether something was moved. */
int pyw_log_pipe_move(pyw_log_pipe *self, const struct pollfd *found);

#endif
