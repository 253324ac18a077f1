/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_PRELOAD_H
#define PYW_CONFIG_CHECK_PRELOAD_H

#include "config/check/group.h"

/* Gives each group the applications that will run in it, as far as the configuration shows. In httpd's parent. */
void pyw_check_preload(pyw_check *check);

#endif
