/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_LOG_H
#define PYW_WORKER_LOG_H

/*
 * Sends the records of a worker to the manager, which writes the log, as lines of base/log/pipe.h in a pipe. The
 * descriptor PYW_HERITAGE_RECORDS does not block: while the manager does not read, a record waits for a moment; then
 * records are dropped and counted.
 */

#include "base/log.h"

/* Notes the identity of the pipe PYW_HERITAGE_RECORDS. On the main thread, after the worker got its descriptors. */
void pyw_worker_log_open(void);

/* A pyw_log_sink without a baton. Any thread, also in a process that the application forked. */
void pyw_worker_log_sink(void *unused, pyw_log_level level, const char *text, size_t length);

#endif
