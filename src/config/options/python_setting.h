/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PYTHON_SETTING_H
#define PYW_CONFIG_OPTIONS_PYTHON_SETTING_H

/* The text of a setting of Python, as httpd's parent sends it to the manager, and the manager to the workers. */

#include <apr_pools.h>

#include "base/python_setting.h"

/* "<1: an application group follows>\n<application group>\n<name>\n<value>". Only the value may contain a newline. */
const char *pyw_option_python_setting_text(apr_pool_t *pool, const pyw_python_setting *setting);

/* The inverse. NULL: the text is malformed. */
const pyw_python_setting *pyw_option_python_setting(apr_pool_t *pool, const char *text);

#endif
