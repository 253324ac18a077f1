/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_MANAGER_H
#define PYW_MANAGER_MANAGER_H

/*
 * The process manager: one thread, one poll(2) loop. It is the child of httpd's parent, root if that is, holds the
 * workers' channels, and lives through restarts of httpd. It knows no Python and serves no request.
 */

#include "base/result.h"
#include "manager/group/group.h"
#include "manager/log/store.h"
#include "manager/shared/liveness_pipes.h"
#include "shm/worker_list.h"
#include "wire/channel.h"

/* A GROUP frame that waits for its COMMIT. */
typedef struct pyw_pending_group {
    struct pyw_pending_group *next;
    apr_pool_t *pool;
    const pyw_group_options *options;
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
    pyw_worker_list_group *worker_list; /* what httpd's children read; NULL before httpd has sent it */
    int worker_list_size;               /* groups that it has room for */
    const pyw_load_group *load;         /* what they write; hostile */
    int load_size;
    pyw_liveness_pipes liveness_pipes; /* of httpd's children */
    pid_t parent;
    struct pyw_command_server *command_server;
    struct pyw_handover *handover;
    int signal_fd;
    int is_stopping;
    int is_unused;       /* the configuration has no group: it ends when those from before have */
    pyw_problem refused; /* why a GROUP since the last COMMIT cannot be taken; "": none */
    int is_configured;
    int64_t started;          /* pyw_clock_ms() */
    int64_t next_look;        /* at the sockets in the file system */
    pyw_problem no_directory; /* why the directory of the sockets cannot be made again, as logged; "": it exists */
} pyw_manager;

#endif
