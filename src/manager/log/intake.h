/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_LOG_INTAKE_H
#define PYW_MANAGER_LOG_INTAKE_H

/*
 * The pipe by which a worker logs: its descriptors 1 and 2, and the one for its records. The manager reads it and
 * writes into the group's log, under the worker's pid, so that the log itself is in no worker's hands.
 *
 * Programs that a worker started may outlive it and hold the pipe: it is read until the last of them is gone. The end
 * that they write to is open for reading, too, so nobody ever gets SIGPIPE or EPIPE, however the manager ends. On the
 * manager's only thread.
 */

#include <apr_tables.h>
#include <sys/types.h>

#include "manager/log/outlet.h"
#include "manager/log/store.h"

typedef struct pyw_log_intake pyw_log_intake;

/* A pipe. `output`: for descriptors 1 and 2; `records`: likewise, but does not block. NULL: errno says why. */
pyw_log_intake *pyw_log_intake_create(int *output, int *records);

/* One that another manager had. It owns `fd` from now on; NULL, and closed: no memory. */
pyw_log_intake *pyw_log_intake_adopt(int fd);

/* Of no list. */
void pyw_log_intake_free(pyw_log_intake *intake);

/* The worker is known: puts the pipe into the list, which is read from now on. */
void pyw_log_intake_add(pyw_log_intake **list, pyw_log_intake *intake, pid_t pid);

/* Moves all of `from` to `list`. */
void pyw_log_intake_join(pyw_log_intake **list, pyw_log_intake **from);

/* Writes what came, some of it if that is much, and drops those that have ended. */
void pyw_log_intake_read(pyw_log_intake **list, pyw_log_outlet *log);

/* Stores those that are not in the store yet. Returns how many there are. */
unsigned pyw_log_intake_store(pyw_log_intake *list, pyw_log_store *store, const char *group);

/* A worker has ended: writes all that it left. */
void pyw_log_intake_read_last(pyw_log_intake **list, pid_t pid, pyw_log_outlet *log);

/* Takes the first one out of the list, whose incomplete lines are written, for another manager. -1: there is none. */
int pyw_log_intake_take(pyw_log_intake **list, pid_t *pid, pyw_log_outlet *log);

/* Pushes a struct pollfd for each. */
void pyw_log_intake_collect(const pyw_log_intake *list, apr_array_header_t *fds);

#endif
