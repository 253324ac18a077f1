/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_RELOAD_FAILED_CODE_H
#define PYW_MANAGER_GROUP_RELOAD_FAILED_CODE_H

/*
 * New code that does not load, or a Python that does not start, while older workers continue to serve. The group
 * remembers it, so that the same code is not tried again and again, and logs it. On the manager's only thread.
 */

#include "manager/child/child.h"

/* The old workers stay because of `failed`. group->retry_at must be set. One record. */
void pyw_failed_code_note(pyw_worker_group *group, const pyw_child *failed);

/* The old workers stay because of the canary; as pyw_worker_group_reject_canary. One record. */
void pyw_failed_code_note_canary(pyw_worker_group *group, const pyw_child *canary, const char *fault,
                                 const pyw_board_failure *failure);

/* A worker has loaded its applications: forgets the failure, unless the code of this worker is older. */
void pyw_failed_code_forget(const pyw_child *loaded);

/* Has the code failed to load with the scripts in this state (pyw_board)? */
int pyw_failed_code_is_refused(const pyw_worker_group *group, uint64_t scripts);

/* The BROKEN worker does not serve, because others are READY. group->start_at must be set. One record. */
void pyw_failed_code_log_later(const pyw_child *child);

#endif
