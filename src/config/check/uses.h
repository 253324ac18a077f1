/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_USES_H
#define PYW_CONFIG_CHECK_USES_H

/* The checks of directives that name a process group, a part of pyw_config_check. In httpd's parent. */

#include "config/check/group.h"

/*
 * Each group should exist, be available to the virtual host, and serve requests; otherwise there is a warning. The
 * group of a WSGIImportScript must exist. 0: errors were logged.
 */
int pyw_check_uses(pyw_check *check);

#endif
