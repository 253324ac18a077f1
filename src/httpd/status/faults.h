/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_FAULTS_H
#define PYW_HTTPD_STATUS_FAULTS_H

/* The last errors of mod_pywsgi, in all processes of httpd, in the manager, and in the workers, for the status page. */

#include <apr_tables.h>
#include <http_core.h>

#include "base/result.h"
#include "shm/faults.h"

/* In httpd's parent, before the children start. PYW_FAILED: out of memory, which was logged; httpd cannot serve. */
pyw_result pyw_httpd_faults_prepare(void);

/* The error_log hook: notes a record of this module with a tag. Any thread. */
void pyw_httpd_faults_note(const ap_errorlog_info *info, const char *text);

/*
 * The last faults as an array of pyw_fault, the latest first. Allocates from `pool`. With `hide_query`, the URLs in
 * their texts have no query string.
 */
apr_array_header_t *pyw_httpd_faults_read(apr_pool_t *pool, int hide_query);

#endif
