/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_END_REASON_H
#define PYW_WIRE_END_REASON_H

/*
 * Why the manager ends a worker: the flags of DRAIN. The worker passes the name to subscribers of the event
 * process_stopping (docs/reference/module.md); the names are those of mod_wsgi.
 */

typedef enum {
    PYW_END_SHUTDOWN = 0, /* httpd or the group ends, or the group has too many workers */
    PYW_END_RELOAD,       /* new code, new options, or a reload */
    PYW_END_SIGNAL,
    PYW_END_MAXIMUM_REQUESTS,
    PYW_END_RESTART_INTERVAL,
    PYW_END_INACTIVITY_TIMEOUT,
    PYW_END_CPU_TIME_LIMIT,
    PYW_END_MEMORY_RECYCLE,
    PYW_END_REQUEST_TIMEOUT,
    PYW_END_DEADLOCK_TIMEOUT,
    PYW_END_REASONS
} pyw_end_reason;

/* "maximum_requests" ...; "shutdown_signal" for other numbers. */
const char *pyw_end_reason_name(unsigned reason);

#endif
