/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_REPORTS_H
#define PYW_MANAGER_GROUP_REPORTS_H

/* The reactions to the reports of a group's processes. On the manager's only thread. */

#include "manager/child/child.h"

/* The `report` of every group. */
void pyw_group_report(pyw_worker_group *group, pyw_child *child, pyw_report what);

/* Once a second: notices BROKEN workers that have loaded their applications since. */
void pyw_worker_group_look(pyw_worker_group *group);

#endif
