/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PARSE_PYTHON_SETTING_TEXT_H
#define PYW_CONFIG_OPTIONS_PARSE_PYTHON_SETTING_TEXT_H

/* Settings of Python as text, which httpd's parent sends to the manager, and the manager to the workers, and as a list.
 */

#include <apr_pools.h>
#include <apr_tables.h>

#include "base/python_setting.h"

/* "<1: an application group follows>\n<application group>\n<name>\n<value>". Only the value may contain a newline. */
const char *pyw_option_python_setting_text(apr_pool_t *pool, const pyw_python_setting *setting);

/* The inverse. NULL: the text is malformed. */
const pyw_python_setting *pyw_option_python_setting(apr_pool_t *pool, const char *text);

/* The elements of a list (const pyw_python_setting *) as the engine gets them: the last one has the name NULL. */
const pyw_python_setting *pyw_option_python_settings(apr_pool_t *pool, const apr_array_header_t *list);

#endif
