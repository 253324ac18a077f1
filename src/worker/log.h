/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_LOG_H
#define PYW_WORKER_LOG_H

/*
 * Where the records of a worker go: as lines of base/log_pipe.h into the pipe to the manager, which writes the log.
 * They go through a descriptor of their own, PYW_HERITAGE_RECORDS, which does not block: while the manager does not
 * read, a record waits a moment for room, and then records are dropped and counted.
 */

#include "base/log.h"

/* Notes which pipe PYW_HERITAGE_RECORDS is. On the main thread, when the worker has its descriptors. */
void pyw_worker_log_open(void);

/* A pyw_log_sink without a baton. Any thread, also of a process that the application forked. */
void pyw_worker_log_sink(void *unused, pyw_log_level level, const char *text, size_t length);

#endif
