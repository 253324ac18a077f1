/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_CHILD_CONTEXT_H
#define PYW_HTTPD_CHILD_CONTEXT_H

/*
 * The state of httpd's child in one variable, so that a debugger shows all of it. Each part belongs to the file named
 * beside it, which alone knows the body and locks it. Does not use httpd.h.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pyw_httpd_child_context {
    /* Set in httpd's parent for each configuration; children inherit it. The memory is shared by all processes. */
    struct pyw_board *board;         /* status/in_flight.c */
    struct pyw_faults *faults;       /* status/faults.c */
    struct pyw_series_table *series; /* metrics/metrics.c */
    struct pyw_shared_trial *trial;  /* queue/batch_scheduling.c */
    int has_log_notes;               /* log/notes.c: a directive names a note */
    int has_json_logs;               /* log/json.c: the configured logs are open */

    /* Set in pyw_child_init: */
    int32_t pid;
    char pid_text[12];
    struct pyw_connection_pool *pool;        /* backend/pool.c */
    struct pyw_idle_connections *idle;       /* backend/connection.c */
    struct pyw_background *background;       /* backend/background.c */
    struct pyw_batch_scheduling *scheduling; /* queue/batch_scheduling.c */
    struct pyw_embedded *embedded;           /* embedded/embedded.c */

    struct pyw_at_start *at_start;      /* embedded/forked.c; NULL: Python has not started */
    atomic_int is_sampling;             /* embedded/stack.c: a thread waits for the GIL, which cannot be stopped */
    _Atomic int64_t scoreboard_sent_at; /* scoreboard.c, for embedded mode; apr_time_now() */
} pyw_httpd_child_context;

extern pyw_httpd_child_context pyw_httpd_child;

/*
 * Zeroed memory for a part. It is never freed: a thread, such as one of an application, may use it after the pool of
 * the child was destroyed. Ends the process if there is no memory, as httpd does.
 */
void *pyw_httpd_child_part(size_t size);

#endif
