/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_EMBEDDED_FORKED_H
#define PYW_HTTPD_EMBEDDED_FORKED_H

/*
 * A process that an embedded application has forked is a copy of httpd's child. It closes the descriptors of httpd:
 * listening sockets, connections to clients and workers, logs, and all others that were open before Python started. The
 * descriptors 0 to 2 stay.
 */

#include "base/log.h"

/* In a child, before Python starts. */
void pyw_embedded_forked_prepare(void);

/* For pyw_engine_host.forked. */
void pyw_embedded_forked(void);

/* For pyw_engine_host.log_forked; the baton is not used. */
void pyw_embedded_forked_log(void *unused, pyw_log_level level, const char *text, size_t length);

#endif
