/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_MANAGERS_MANAGERS_H
#define PYW_HTTPD_PARENT_MANAGERS_MANAGERS_H

/*
 * The process managers of httpd's parent: the current one, and during a handover the next one. Retained over restarts,
 * so plain data only: the next generation may be another build of this module. On the parent's only thread.
 */

#include <apr_thread_proc.h>
#include <httpd.h>
#include <stdint.h>

#include "base/result.h"
#include "httpd/parent/managers/control.h"

typedef struct pyw_manager_process {
    apr_proc_t proc; /* pid 0: none */
    int control_fd;
    pid_t parent;    /* the process that started it */
    int64_t started; /* pyw_clock_us() */
    apr_interval_time_t stop_limit;
    char stamp[PYW_STAMP_SIZE]; /* of its program */
} pyw_manager_process;

/* The current manager; creates an empty entry if there is none. */
pyw_manager_process *pyw_managers_current(void);

/* Like pyw_managers_current, but returns NULL if there is none. */
pyw_manager_process *pyw_managers_find(void);

/* The state of the current and the next manager. */
typedef struct pyw_managers_state {
    pyw_manager_process next;
    int unanswered;            /* unanswered configurations of the current manager; -1: it has received only a part */
    int is_configured;         /* the current manager has accepted a configuration */
    int is_unused;             /* ... without groups, so it exits by itself */
    int64_t graceful_limit_ms; /* time for its workers to finish when they are replaced */
} pyw_managers_state;

pyw_managers_state *pyw_managers_get_state(void);

int pyw_managers_is_alive(const pyw_manager_process *manager);

/* Whether pywsgid on disk differs from the program of the manager. */
int pyw_managers_is_other_program(const pyw_manager_process *manager);

/* fork and exec; `legacy` as for pyw_control_spawn. */
pyw_result pyw_managers_start(pyw_manager_process *manager, int legacy, pyw_problem *problem);

/* Records the time limits of the configured groups. */
void pyw_managers_record_limits(void);

/* Moves the manager to pyw_replaced_managers, and empties its entry. `kill_at`: pyw_clock_ms(), or INT64_MAX. */
void pyw_managers_release(pyw_manager_process *manager, int64_t kill_at, apr_pool_t *pconf);

/*
 * At a restart, when pconf is cleared: plog gets the control channel, and httpd clears plog after it has read the new
 * configuration. Therefore the manager stops if that configuration does not load this module.
 */
void pyw_managers_lend(apr_pool_t *plog);

/* In pre_config: takes the control channel back. */
void pyw_managers_reclaim(void);

/* At httpd's exit, after its children have exited: stops all managers, and waits for them. */
void pyw_managers_stop_all(void);

void pyw_managers_close_control(pyw_manager_process *manager);

#endif
