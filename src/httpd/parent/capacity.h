/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_CAPACITY_H
#define PYW_HTTPD_PARENT_CAPACITY_H

/* Do the configured groups fit into the hard limit of descriptors? In httpd's parent. */

#include <httpd.h>

#include "base/result.h"

/* PYW_FAILED with the numbers: the manager could not even hold each group with its least number of workers. */
pyw_result pyw_capacity_check(pyw_problem *problem);

/* Says so in the log if it can, but not with as many workers as the groups may have. */
void pyw_capacity_warn(server_rec *main_server);

#endif
