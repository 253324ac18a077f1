/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_GROUP_LOG_H
#define PYW_GROUP_LOG_H

/* The manager's records about one group go to that group's log. */

#include "base/pyw_log.h"
#include "manager/pyw_worker_group.h"

void pyw_group_log(const pyw_worker_group *group, pyw_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
