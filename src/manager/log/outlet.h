/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_LOG_OUTLET_H
#define PYW_MANAGER_LOG_OUTLET_H

/*
 * A log that never blocks the manager: httpd's log file, or the pipe, terminal or socket that is the log of a group.
 * Records that the log does not accept immediately wait, up to PYW_LOG_OUTLET_MOST bytes. Further records are dropped,
 * and their number is logged when the log accepts data again. On the manager's only thread.
 *
 * httpd shares the flags of the descriptor, so they are never changed. A pipe or a terminal is opened again,
 * non-blocking. If that is not permitted, a separate thread writes and blocks.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/log/file.h"
#include "shm/faults.h"

enum { PYW_LOG_OUTLET_MOST = 256 * 1024 };

typedef struct pyw_log_outlet pyw_log_outlet;

/* Owns `fd` from now on. NULL, with `fd` closed: out of memory. */
pyw_log_outlet *pyw_log_outlet_create(int fd);

/* Replaces the log by `fd`, which the outlet owns. Waiting records are preserved. */
void pyw_log_outlet_open(pyw_log_outlet *outlet, int fd);

/*
 * Also writes all records as JSON to `fd`, which the outlet owns, with the name of the group unless it is NULL. -1:
 * stops this.
 */
void pyw_log_outlet_open_json(pyw_log_outlet *outlet, int fd, const char *group);

/* The outlet of the JSON log, for pyw_log_outlet_fd; NULL: none. */
const pyw_log_outlet *pyw_log_outlet_json(const pyw_log_outlet *outlet);

/* Waits up to `wait_ms` until the log has accepted the waiting records. The rest is lost. */
void pyw_log_outlet_destroy(pyw_log_outlet *outlet, int wait_ms);

/* Adds errors to `*faults` (while it is NULL: to none), as faults of `group`; NULL: of no group. */
void pyw_log_outlet_note_faults(pyw_log_outlet *outlet, pyw_faults *const *faults, const char *group);

/* Writes a record, or several if the text is too long. */
void pyw_log_outlet_write(pyw_log_outlet *outlet, const pyw_log_origin *origin, const char *text, size_t length);

/*
 * A pyw_log_sink for the manager's own records; the baton is the outlet. Long texts are truncated, because they may
 * quote a worker, whose text must not begin a record of the manager.
 */
void pyw_log_outlet_sink(void *outlet, pyw_log_level level, const char *text, size_t length);

/* For poll(2), for writing; -1: no record waits. Call flush afterwards. */
int pyw_log_outlet_fd(const pyw_log_outlet *outlet);
void pyw_log_outlet_flush(pyw_log_outlet *outlet);

#endif
