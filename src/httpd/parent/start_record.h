/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_START_RECORD_H
#define PYW_HTTPD_PARENT_START_RECORD_H

#include <httpd.h>

/* At a start or restart, in httpd's parent: a record with the version, the engines and the process groups. */
void pyw_start_record(apr_pool_t *pool, server_rec *main_server);

#endif
