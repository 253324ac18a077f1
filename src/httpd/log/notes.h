/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_LOG_NOTES_H
#define PYW_HTTPD_LOG_NOTES_H

/*
 * Notes of a request for httpd's access log: %{pywsgi-group}n and others, which docs/guide/logging.md describes. They
 * are set only if a directive of the configuration names one of them.
 */

#include <httpd.h>

#include "httpd/target.h"

/* In httpd's parent, after the configuration was read. */
void pyw_log_notes_prepare(void);

int pyw_log_notes_are_wanted(void);

/* Sets the notes, at the end of the request, on its thread. */
void pyw_log_notes_set(request_rec *r, const pyw_target *target);

#endif
