/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_SERVICE_H
#define PYW_CONFIG_CHECK_SERVICE_H

/* The checks of groups with threads=0, a part of pyw_config_check. In httpd's parent. */

#include "config/config.h"

/* These groups should have a program, and must not have options for requests. 0: errors were logged. */
int pyw_check_services(void);

#endif
