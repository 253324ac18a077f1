/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_GROUP_STATE_H
#define PYW_GROUP_STATE_H

/*
 * The state of a group (wire/pyw_roster.h) as `pywsgid status` shows it and httpd goes by it: computed from what the
 * manager knows of the group and its workers, in one place. On the manager's only thread.
 */

#include "manager/pyw_worker_group.h"

pyw_group_state pyw_group_state_of(const pyw_worker_group *group);

/* "running", "degraded" ... */
const char *pyw_group_state_name(pyw_group_state state);

/*
 * "healthy": requests are served, or would be; "impaired": not by all workers, or not yet; "failing": requests get 500
 * or 503. The exit status of `pywsgid status` follows from it.
 */
const char *pyw_group_state_health(pyw_group_state state);

#endif
