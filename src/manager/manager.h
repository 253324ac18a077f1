/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_MANAGER_H
#define PYW_MANAGER_MANAGER_H

/*
 * The process manager: one thread with a poll(2) loop. It is a child of httpd's parent, runs as the same user, holds
 * the channels of the workers, and survives restarts of httpd. It contains no Python and serves no request.
 */

#include "base/result.h"
#include "manager/drain_state.h"
#include "manager/group/group.h"
#include "manager/log/store.h"
#include "manager/shared/liveness_pipes.h"
#include "shm/group_stats.h"
#include "shm/worker_list.h"
#include "wire/channel.h"

/* A GROUP frame whose COMMIT has not arrived. */
typedef struct pyw_pending_group {
    LIST_ENTRY(pyw_pending_group) next;
    apr_pool_t *pool;
    const pyw_group_options *options;
    int log_fd;              /* owned; -1: moved to the group */
    int json_log_fd;         /* owned; -1: none, or moved to the group */
    pyw_worker_group *group; /* the group that it configures, set by COMMIT */
    int is_new;
} pyw_pending_group;

typedef struct pyw_manager {
    apr_pool_t *pool;
    apr_pool_t *settings_pool;
    pyw_settings settings;
    pyw_channel *control;
    pyw_socket_directory directory;
    pyw_worker_group_list groups;
    pyw_log_outlet *log;         /* the main server's log */
    pyw_log_store log_store;     /* httpd's, for the next manager */
    pyw_log_intake_list intakes; /* pipes of programs that outlived the groups of their workers */
    int json_log_fd;             /* of JSON_LOG, for the next GROUP or COMMIT; -1: none */
    LIST_HEAD(, pyw_pending_group) pending;
    pyw_worker_list_group *worker_list; /* read by httpd's children; NULL before httpd has sent it */
    int worker_list_size;               /* number of groups in it */
    const pyw_load_group *load;         /* written by httpd's children, so not trusted */
    int load_size;
    pyw_faults *faults;                /* the last errors, in `stats`; NULL: likewise */
    pyw_group_stats_table *stats;      /* read by httpd's children; NULL before httpd has sent it */
    pyw_liveness_pipes liveness_pipes; /* of httpd's children */
    pid_t parent;
    struct pyw_command_server *command_server;
    LIST_HEAD(, pyw_errand) errands; /* commands whose end has not been logged */
    pyw_drain drain;
    struct pyw_handover *handover;
    int signal_fd;
    int is_stopping;
    int is_unused;       /* the configuration has no groups: exit when the previous groups have ended */
    pyw_problem refused; /* why a GROUP since the last COMMIT is refused; "": none */
    int is_configured;
    int64_t started;          /* pyw_clock_ms() */
    int64_t next_check;       /* when to check the socket files again */
    pyw_problem no_directory; /* why the socket directory cannot be created again, as logged; "": it exists */
} pyw_manager;

#endif
