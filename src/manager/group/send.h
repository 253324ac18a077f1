/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_SEND_H
#define PYW_MANAGER_GROUP_SEND_H

/* Commands to all workers of a group. On the manager's only thread. */

#include "manager/child/child.h"

/* Sends the options that running workers take to all of them, and to the templates. */
void pyw_worker_group_send_options(pyw_worker_group *group);

#endif
