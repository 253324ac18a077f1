/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_USES_H
#define PYW_CONFIG_CHECK_USES_H

/* The checks of directives that name a process group, a part of pyw_config_check. In httpd's parent. */

#include "config/check/group.h"

/*
 * Each group that a request can use must exist and be available to the virtual host. A setting that is overridden for
 * every request only causes a warning. 0: errors were logged.
 */
int pyw_check_uses(pyw_check *check);

#endif
