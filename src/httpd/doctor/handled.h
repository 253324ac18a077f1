/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_DOCTOR_HANDLED_H
#define PYW_HTTPD_DOCTOR_HANDLED_H

/*
 * The scripts that need no alias: files below a DocumentRoot in a <Directory> with SetHandler wsgi-script, or with
 * AddHandler wsgi-script and a suffix of that line. In httpd's parent, during configtest.
 */

#include <apr_tables.h>
#include <httpd.h>

/*
 * Returns pyw_alias elements from the pool: the URL below the server's DocumentRoot, and the file. At most some dozens;
 * without subdirectories, sections with wildcards, and files that begin with a dot.
 */
apr_array_header_t *pyw_handled_scripts(apr_pool_t *pool, server_rec *server);

#endif
