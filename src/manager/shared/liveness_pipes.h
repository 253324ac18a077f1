/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_SHARED_LIVENESS_PIPES_H
#define PYW_MANAGER_SHARED_LIVENESS_PIPES_H

#include <apr_tables.h>
#include <stdint.h>

/*
 * Shows which of httpd's children are alive, because they may still send requests for a removed group. Each
 * configuration of httpd comes with a pipe; the children that were started with it have the writing end. Bytes in the
 * pipe have no meaning except to wake the manager, at most every PYW_LIVENESS_PIPES_PAUSE_MS. On the manager's only
 * thread. All zero: no pipes.
 *
 * A process that was forked from a child may hold the pipe open, so the end of the pipe only shortens the wait: a
 * removed group retires at its retire_at in any case.
 */

enum {
    PYW_LIVENESS_PIPES_MOST = 32, /* beyond this number, the oldest pipes count as closed */
    PYW_LIVENESS_PIPES_PAUSE_MS = 10
};

typedef struct pyw_liveness_pipes {
    int count;
    int64_t woken_at; /* pyw_clock_ms(); 0: never */
    unsigned newest;  /* the number of the newest pipe; 0: there was none */
    struct {
        unsigned number;
        int fd;
    } items[PYW_LIVENESS_PIPES_MOST]; /* the oldest first */
} pyw_liveness_pipes;

/* Adds the pipe of the next configuration, or of the last one again. It owns the pipe from now on; -1: none. */
void pyw_liveness_pipes_add(pyw_liveness_pipes *lines, int fd);

/* Discards bytes, and closes the pipes whose children have all exited. */
void pyw_liveness_pipes_look(pyw_liveness_pipes *lines);

/* Have all children of this configuration, and of earlier configurations, exited? */
int pyw_liveness_pipes_is_gone(const pyw_liveness_pipes *lines, unsigned number);

/*
 * Adds a struct pollfd for each pipe. Returns when to call it again, because bytes are ignored until then; INT64_MAX:
 * any time.
 */
int64_t pyw_liveness_pipes_collect(const pyw_liveness_pipes *lines, apr_array_header_t *fds);

#endif
