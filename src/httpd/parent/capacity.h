/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_CAPACITY_H
#define PYW_HTTPD_PARENT_CAPACITY_H

/* Checks whether the hard limit of descriptors suffices for the configured groups. In httpd's parent. */

#include <httpd.h>

#include "base/result.h"

/* PYW_FAILED, with the numbers: the limit does not suffice for the minimum of workers of each group. */
pyw_result pyw_capacity_check(pyw_problem *problem);

/* Logs a warning if the limit suffices for the minimum of workers, but not for the maximum. */
void pyw_capacity_warn(server_rec *main_server);

#endif
