/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_FAILED_CODE_H
#define PYW_MANAGER_GROUP_FAILED_CODE_H

/*
 * New code that does not load, or a Python that does not start, while older workers serve on: what is remembered of it,
 * so that the same code is not tried again and again, and what is said. On the manager's only thread.
 */

#include "manager/child/child.h"

/* The old workers are kept, because of `failed`; group->retry_at has been set. One record. */
void pyw_failed_code_note(pyw_worker_group *group, const pyw_child *failed);

/* A worker has loaded its applications: if its code is as new as the code that failed, that failure is history. */
void pyw_failed_code_forget(const pyw_child *loaded);

/* Did the code not load with the scripts in this state (pyw_board's)? */
int pyw_failed_code_is_refused(const pyw_worker_group *group, uint64_t scripts);

/* The worker does not serve, because siblings do whose applications work; group->start_at has been set. One record. */
void pyw_failed_code_say_later(const pyw_child *child);

#endif
