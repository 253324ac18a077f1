/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_FACTS_H
#define PYW_HTTPD_FACTS_H

/* Facts about httpd for applications. */

#include <apr_pools.h>

/* Version, MPM, its processes, its threads, build date and description, separated by tabs (pyw_engine_host). */
const char *pyw_facts_text(apr_pool_t *pool);

#endif
