/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PARSE_APPLICATION_H
#define PYW_CONFIG_OPTIONS_PARSE_APPLICATION_H

/* The text of an application, as httpd's parent sends it to the manager, and the manager to the workers. */

#include <apr_pools.h>

#include "config/options/worker_options.h"

/* "<kind>,<default>,<reloading>\n<target>\n<callable>\n<group>". None of them contains a newline. */
const char *pyw_option_application_text(apr_pool_t *pool, const pyw_application_option *application);

/* The inverse. NULL: the text is malformed. */
const pyw_application_option *pyw_option_application(apr_pool_t *pool, const char *text);

#endif
