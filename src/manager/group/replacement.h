/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_REPLACEMENT_H
#define PYW_MANAGER_GROUP_REPLACEMENT_H

/*
 * The generations of a group's workers: what begins their replacement, and what ends it because the new code is no
 * good. manager/group/step.c goes the steps. On the manager's only thread.
 */

#include "manager/child/child.h"

/* The code or the configuration changed: replace the workers. */
void pyw_worker_group_roll(pyw_worker_group *group);

/* Ends pyw_worker_group_halt, and every pause before a next attempt. */
void pyw_worker_group_resume(pyw_worker_group *group);

/*
 * Said every second while a script on disk is not the one that runs: pyw_worker_group_roll, unless it is too early, or
 * this is the code that did not load.
 */
void pyw_worker_group_stale(pyw_worker_group *group, const pyw_child *sender);

/* Said by a worker that got SIGUSR1: it is replaced, its successor first. */
void pyw_worker_group_renew(pyw_child *child);

/* A start failed: the old workers stay, or the next start waits. `failed` NULL: there was not even a process. */
void pyw_worker_group_start_failed(pyw_worker_group *group, const pyw_child *failed);

/* The code of the current generation does not load: the old workers stay, if there are any. */
void pyw_worker_group_reject(pyw_worker_group *group, const pyw_child *failed);

/* Another start failed: the next one waits. */
void pyw_worker_group_back_off(pyw_worker_group *group);

#endif
