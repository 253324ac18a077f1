/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_MANAGERS_H
#define PYW_HTTPD_PARENT_MANAGERS_H

/*
 * The process managers that httpd's parent has: the current one, and during a hand-over the next one. Retained over
 * restarts, so plain data only: the next generation may be another build of this module. On the parent's only thread.
 */

#include <apr_thread_proc.h>
#include <httpd.h>
#include <stdint.h>

#include "base/result.h"
#include "httpd/parent/control.h"

typedef struct pyw_manager_process {
    apr_proc_t proc; /* pid 0: none */
    int control_fd;
    pid_t parent;    /* who started it */
    int64_t started; /* pyw_clock_us() */
    apr_interval_time_t stop_limit;
    char stamp[PYW_STAMP_SIZE]; /* of the program that it was started from */
} pyw_manager_process;

/* The current one; made if there never was one. */
pyw_manager_process *pyw_managers_current(void);

/* Likewise, NULL if there never was one. */
pyw_manager_process *pyw_managers_find(void);

/* What else is known of both. */
typedef struct pyw_managers_state {
    pyw_manager_process next;
    int unanswered;            /* configurations that the current one owes an answer to; -1: it got a part of one */
    int is_configured;         /* the current one has taken a configuration */
    int is_unused;             /* ... which has no group, so it ends by itself */
    int64_t graceful_limit_ms; /* how long its workers may take to finish when they are replaced */
} pyw_managers_state;

pyw_managers_state *pyw_managers_state_of_both(void);

int pyw_managers_is_alive(const pyw_manager_process *manager);

/* Is pywsgid another file now than the one that the manager was started from? */
int pyw_managers_is_other_program(const pyw_manager_process *manager);

/* fork and exec; `legacy` as for pyw_control_spawn. */
pyw_result pyw_managers_start(pyw_manager_process *manager, int legacy, pyw_problem *problem);

/* Notes how long the configured groups may take to end. */
void pyw_managers_note_limits(void);

/*
 * It is no more the business of its place, which is empty then: pyw_replaced_managers has it. `kill_at`:
 * pyw_clock_ms(), or INT64_MAX.
 */
void pyw_managers_let_go(pyw_manager_process *manager, int64_t kill_at, apr_pool_t *pconf);

/* httpd ends, and its children have ended: ends all managers, and waits for them. */
void pyw_managers_stop_all(void);

void pyw_managers_close_control(pyw_manager_process *manager);

#endif
