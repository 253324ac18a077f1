/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_PYTHON_SETTINGS_H
#define PYW_CONFIG_CHECK_PYTHON_SETTINGS_H

/* Determines the settings of Python in each process group, and in httpd's children. Part of pyw_config_check. */

#include "config/check/group.h"

void pyw_check_python_settings(pyw_check *check);

#endif
