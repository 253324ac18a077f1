/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_RELOAD_CANARY_H
#define PYW_MANAGER_GROUP_RELOAD_CANARY_H

/*
 * A reload with a canary: one worker loads the new code and serves beside the old ones for some time. If it fails in a
 * way in which the old workers did not fail (pyw_board_failure), dies, or does not respond, the old workers stay, and
 * it ends. Otherwise the other workers are replaced. On the manager's only thread.
 */

#include "manager/child/child.h"

enum { PYW_CANARY_TEXT = 200 };

/* The group was just rolled. Without an old worker there is nothing to compare with, and no canary. */
void pyw_canary_begin(pyw_worker_group *group, int64_t limit_ms);

/* A worker has loaded its applications: if it is the canary, its time begins. */
void pyw_canary_loaded(pyw_child *child);

/* After every event, before the other steps of the group. Returns when to call it again. */
int64_t pyw_canary_step(pyw_worker_group *group);

/* A worker has ended: keeps its kinds of failures. */
void pyw_canary_remember(const pyw_child *child);

/* Describes the progress or the result of the canary of this generation. 0: it has, or had, no canary. */
int pyw_canary_describe(const pyw_worker_group *group, unsigned generation, char text[PYW_CANARY_TEXT]);

#endif
