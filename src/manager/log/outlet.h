/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_LOG_OUTLET_H
#define PYW_MANAGER_LOG_OUTLET_H

/*
 * A log that the manager writes to and that never makes it wait: httpd's log file, or the pipe, terminal or socket that
 * is the log of a group. Records that the log does not take at once wait, up to PYW_LOG_OUTLET_MOST bytes of them;
 * further ones are dropped, and a record with their number follows when the log takes bytes again. On the manager's
 * only thread.
 *
 * The descriptor is httpd's, and httpd shares its flags: they are never changed. A pipe or a terminal is opened anew,
 * without blocking; where that is not allowed, a thread of its own writes and blocks.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/log_file.h"

enum { PYW_LOG_OUTLET_MOST = 256 * 1024 };

typedef struct pyw_log_outlet pyw_log_outlet;

/* Owns `fd` from now on. NULL, and closed: no memory. */
pyw_log_outlet *pyw_log_outlet_create(int fd);

/* Likewise: writes to `fd` instead of what it had before. Records that wait stay. */
void pyw_log_outlet_open(pyw_log_outlet *outlet, int fd);

/* Gives the log `wait_ms` to take what waits; what is left then is lost. */
void pyw_log_outlet_destroy(pyw_log_outlet *outlet, int wait_ms);

/* Writes a record, or several if the text is too long for one. */
void pyw_log_outlet_write(pyw_log_outlet *outlet, const pyw_log_origin *origin, const char *text, size_t length);

/*
 * A pyw_log_sink of the manager's own records; the baton is the outlet. A text that is too long is cut: it may quote a
 * worker, whose words must not stand at the beginning of a record of the manager.
 */
void pyw_log_outlet_sink(void *outlet, pyw_log_level level, const char *text, size_t length);

/* For poll(2), to write; -1: nothing waits. Then flush. */
int pyw_log_outlet_fd(const pyw_log_outlet *outlet);
void pyw_log_outlet_flush(pyw_log_outlet *outlet);

#endif
