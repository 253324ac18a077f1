/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_DOCTOR_DOCTOR_H
#define PYW_HTTPD_DOCTOR_DOCTOR_H

/*
 * The check of a whole site: loads each application as its user, and simulates a request for each alias. `pywsgi check`
 * runs httpd -t -D PYWSGI_CHECK (or PYWSGI_CHECK_JSON), which prints the findings to standard output, and then a line
 * that begins with "checked". With WSGICheck On every configtest runs the check, and fails if an application would not
 * work.
 */

#include <httpd.h>

/* The last check_config hook. Does nothing outside of configtest. */
int pyw_doctor_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server);

#endif
