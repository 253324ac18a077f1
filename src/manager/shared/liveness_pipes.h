/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_SHARED_LIVENESS_PIPES_H
#define PYW_MANAGER_SHARED_LIVENESS_PIPES_H

#include <apr_tables.h>
#include <stdint.h>

/*
 * Which of httpd's children may still ask for a group that was removed? Each configuration of httpd comes with a pipe
 * whose writing end the children have that were started with it. Bytes that they write only wake the manager, every
 * PYW_LIVENESS_PIPES_PAUSE_MS at most: what they are means nothing. On the manager's only thread. All zero: there is
 * none.
 *
 * A process that was forked from one of the children may hold the pipe open for as long as it likes, so the end of the
 * pipe only shortens the wait: a removed group retires at its retire_at in any case.
 */

enum {
    PYW_LIVENESS_PIPES_MOST = 32, /* of more, the oldest are taken for gone */
    PYW_LIVENESS_PIPES_PAUSE_MS = 10
};

typedef struct pyw_liveness_pipes {
    int count;
    int64_t woken_at; /* pyw_clock_ms(); 0: never */
    unsigned newest;  /* the number of the newest one; 0: there never was one */
    struct {
        unsigned number;
        int fd;
    } items[PYW_LIVENESS_PIPES_MOST]; /* the oldest first */
} pyw_liveness_pipes;

/* The pipe of the next configuration, whose owner it becomes; -1: none. */
void pyw_liveness_pipes_add(pyw_liveness_pipes *lines, int fd);

/* Throws away what was written, and closes those whose children are all gone. */
void pyw_liveness_pipes_look(pyw_liveness_pipes *lines);

/* Are all children gone of that configuration, and of those before it? */
int pyw_liveness_pipes_is_gone(const pyw_liveness_pipes *lines, unsigned number);

/*
 * Adds what has to be polled for, struct pollfd each. Returns when to call it again: bytes are not polled for before;
 * INT64_MAX: any time.
 */
int64_t pyw_liveness_pipes_collect(const pyw_liveness_pipes *lines, apr_array_header_t *fds);

#endif
