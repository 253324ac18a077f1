/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_DOCTOR_MISTAKES_H
#define PYW_HTTPD_DOCTOR_MISTAKES_H

/* Finds mistakes in the text of the configuration. In httpd's parent, during configtest. */

#include <apr_tables.h>

#include "config/config.h"
#include "httpd/doctor/visit.h"

/*
 * Mistakes in the result of a visit: access rules, a directory without Options ExecCGI, and an application that runs
 * embedded although process groups are defined.
 */
void pyw_mistakes_of_visit(apr_array_header_t *findings, const server_rec *server, const pyw_alias *alias,
                           const pyw_visit *visit);

/* Limits that a group cannot work with; a group without an application. `is_used`: a visit has found the group. */
void pyw_mistakes_of_group(apr_array_header_t *findings, const pyw_group *group, int is_used);

/* SetEnv for variables that programs read from their process; the directory of the sockets. */
void pyw_mistakes_of_server(apr_array_header_t *findings);

#endif
