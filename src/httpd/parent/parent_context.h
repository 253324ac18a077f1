/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_PARENT_CONTEXT_H
#define PYW_HTTPD_PARENT_PARENT_CONTEXT_H

/*
 * The state of httpd's parent in one variable, so that a debugger shows all of it. Each part belongs to the file named
 * beside it. The parts are not allocated, because httpd may load the module anew at each restart, and nothing would
 * free them. State that persists over restarts is in httpd's retained data (managers, generations, log store). Used on
 * the parent's only thread; children inherit the variable, and use the liveness pipe only.
 */

#include <httpd.h>
#include <stdint.h>

#include "base/result.h"

/* The outstanding work for a configuration; cleared with its pool. */
typedef struct pyw_parent_work {
    int is_open; /* work is outstanding */
    int is_start;
    int is_revival;        /* a manager died: log the start of its successor */
    int has_tried_program; /* a different pywsgid on disk was tried */
    apr_pool_t *pconf;
    server_rec *server;
    struct pyw_delivery *delivery; /* NULL: none in progress */
    struct pyw_manager_process *receiver;
    int64_t answer_by;
    int64_t retry_at;
    int failures;                                  /* consecutive */
    char reason[sizeof(((pyw_problem *)0)->text)]; /* of the last failure, as logged */
} pyw_parent_work;

typedef struct pyw_parent_waker {
    apr_proc_t proc; /* pid 0: none */
    int64_t due;
    void (*wake)(void);
} pyw_parent_waker;

typedef struct pyw_parent_liveness_pipe {
    int reading;
    int writing;
} pyw_parent_liveness_pipe;

typedef struct pyw_watched_process {
    void *data; /* NULL: free */
    void (*on_end)(void *data, apr_wait_t status);
} pyw_watched_process;

typedef struct pyw_httpd_parent_context {
    pyw_parent_work work;                   /* parent.c */
    pid_t owner;                            /* parent.c: httpd's parent, not a process that it has forked */
    pyw_parent_waker waker;                 /* waker.c */
    pyw_parent_liveness_pipe liveness_pipe; /* liveness_pipe.c */
    pyw_watched_process watched[16];        /* other_child.c */
} pyw_httpd_parent_context;

extern pyw_httpd_parent_context pyw_httpd_parent;

#endif
