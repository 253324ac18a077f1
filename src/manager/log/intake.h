/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_LOG_INTAKE_H
#define PYW_MANAGER_LOG_INTAKE_H

/*
 * The log pipe of a worker: its descriptors 1 and 2, and the descriptor for its records. The manager reads the pipe and
 * writes to the group's log, under the worker's pid, so a worker has no access to the log itself.
 *
 * Programs that a worker started may outlive it and hold the pipe, which is read until the last of them has exited. The
 * writing end is open for reading, too, so no process gets SIGPIPE or EPIPE, even if the manager is killed. On the
 * manager's only thread.
 */

#include <apr_tables.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "manager/log/outlet.h"
#include "manager/log/store.h"

typedef struct pyw_log_intake pyw_log_intake;
typedef LIST_HEAD(pyw_log_intake_list, pyw_log_intake) pyw_log_intake_list;

/* Creates a pipe. `output`: for descriptors 1 and 2; `records`: the same, non-blocking. NULL with errno. */
pyw_log_intake *pyw_log_intake_create(int *output, int *records);

/* Takes over a pipe of another manager, and owns `fd` from now on. NULL, with `fd` closed: out of memory. */
pyw_log_intake *pyw_log_intake_adopt(int fd);

/* For a pipe that is in no list. */
void pyw_log_intake_free(pyw_log_intake *intake);

/* Adds the pipe of a worker to the list, which is read from now on. */
void pyw_log_intake_add(pyw_log_intake_list *list, pyw_log_intake *intake, pid_t pid);

/* Moves all of `from` to `list`. */
void pyw_log_intake_join(pyw_log_intake_list *list, pyw_log_intake_list *from);

/* Writes the available data, or a part of it, to the log, and drops pipes that have ended. */
void pyw_log_intake_read(pyw_log_intake_list *list, pyw_log_outlet *log);

/* Adds pipes to the store that it does not contain yet. Returns the number of pipes. */
unsigned pyw_log_intake_store(pyw_log_intake_list *list, pyw_log_store *store, const char *group);

/* A worker has ended: writes all its remaining output. */
void pyw_log_intake_read_last(pyw_log_intake_list *list, pid_t pid, pyw_log_outlet *log);

/* Removes the first pipe of the list for another manager, and writes its incomplete lines. -1: the list is empty. */
int pyw_log_intake_take(pyw_log_intake_list *list, pid_t *pid, pyw_log_outlet *log);

/* Adds a struct pollfd for each pipe. */
void pyw_log_intake_collect(const pyw_log_intake_list *list, apr_array_header_t *fds);

#endif
