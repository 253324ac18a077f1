/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_H
#define PYW_MANAGER_H

/*
 * The process manager: one thread, one poll(2) loop. It is the child of httpd's parent, root if that is, holds the
 * workers' channels, and lives through restarts of httpd. It knows no Python and serves no request.
 */

#include "base/pyw_result.h"
#include "manager/pyw_handover.h"
#include "manager/pyw_lifelines.h"
#include "manager/pyw_steering.h"
#include "manager/pyw_worker_group.h"
#include "wire/pyw_roster.h"

/* Where httpd's parent puts the control channel. */
enum { PYW_MANAGER_CONTROL_FD = 3 };

/* A GROUP frame that waits for its COMMIT. */
typedef struct pyw_pending_group {
    struct pyw_pending_group *next;
    apr_pool_t *pool;
    const pyw_group_options *options;
    const apr_table_t *pairs;
    int log_fd;              /* owned; -1: handed on */
    pyw_worker_group *group; /* what it is for, once a COMMIT looks at it */
    int is_new;
} pyw_pending_group;

typedef struct pyw_manager {
    apr_pool_t *pool;
    apr_pool_t *settings_pool;
    pyw_settings settings;
    pyw_channel *control;
    pyw_socket_directory directory;
    pyw_worker_group *groups;
    pyw_log_outlet *log;     /* the main server's */
    pyw_log_store log_store; /* httpd's, for the next manager */
    pyw_log_intake *intakes; /* of programs that outlived the groups of the workers that started them */
    pyw_pending_group *pending;
    pyw_roster_group *roster; /* what httpd's children read; NULL before httpd has sent it */
    int roster_size;          /* groups that it has room for */
    const pyw_load_group *load; /* what they write; hostile */
    int load_size;
    pyw_lifelines lifelines; /* of httpd's children */
    pid_t parent;
    pyw_steering *steering;
    pyw_handover *handover;
    int signal_fd;
    int is_stopping;
    int is_unused;       /* the configuration has no group: it ends when those from before have */
    pyw_problem refused; /* why a GROUP since the last COMMIT cannot be taken; "": none */
    int is_configured;
    int64_t started;   /* pyw_clock_ms() */
    int64_t next_look; /* at the sockets in the file system */
} pyw_manager;

/* The main function; returns the exit status of the process. `is_successor`: an older manager hands over to it. */
int pyw_manager_main(int is_successor);

/* Takes a GROUP frame. */
pyw_result pyw_configuration_add(pyw_manager *manager, const char *payload, uint32_t length, int log_fd,
                                 pyw_problem *problem);

/*
 * Takes a COMMIT frame: the groups since the last one are what is to run. On failure nothing has changed. `log_fd`: the
 * manager's own log, -1 to keep it; stays the caller's.
 */
pyw_result pyw_configuration_commit(pyw_manager *manager, const char *payload, uint32_t length, int log_fd,
                                    pyw_problem *problem);

/* Another manager took the groups that are handed: the others are no longer configured. */
void pyw_configuration_retire_others(pyw_manager *manager);

/* Some of httpd's children are gone: groups that only they wanted end now. */
void pyw_configuration_retire_unwanted(pyw_manager *manager);

/* Who may connect to the sockets of the group's workers besides root. */
uid_t pyw_configuration_socket_owner(const pyw_worker_group *group);

/* What a manager left that was killed: its workers, and programs of them, log on. */
void pyw_configuration_recover_logs(pyw_manager *manager);

/* Frees a group that has no children. */
void pyw_configuration_drop(pyw_manager *manager, pyw_worker_group *group);

#endif
