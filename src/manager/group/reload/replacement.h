/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_RELOAD_REPLACEMENT_H
#define PYW_MANAGER_GROUP_RELOAD_REPLACEMENT_H

/*
 * The generations of a group's workers: the events that begin a replacement, and the events that end it because the new
 * code failed. manager/group/step.c takes the steps. On the manager's only thread.
 */

#include "manager/child/child.h"

/* The code or the configuration changed: replace the workers. This is the group's last reload from now on. */
void pyw_worker_group_roll(pyw_worker_group *group, pyw_reload_cause cause);

/* Ends pyw_worker_group_halt, and every pause before the next attempt. */
void pyw_worker_group_resume(pyw_worker_group *group);

/*
 * A worker sends STALE every second while a script on disk is not the loaded one. The workers are replaced, unless
 * there is a pause, or this is the code that failed to load.
 */
void pyw_worker_group_stale(pyw_worker_group *group, const pyw_child *sender);

/* Likewise if the file `path` of reload-on= has changed. NULL: no file has. */
void pyw_worker_group_files_changed(pyw_worker_group *group, const char *path);

/* A worker got SIGUSR1 or SIGINT: it is replaced, successor first. */
void pyw_worker_group_renew(pyw_child *child);

/* A start failed: the old workers stay, or the next start waits. `failed` NULL: no process could be created. */
void pyw_worker_group_start_failed(pyw_worker_group *group, const pyw_child *failed);

/* A template failed to load the code of the current generation: the old workers stay, if there are any. */
void pyw_worker_group_reject(pyw_worker_group *group, const pyw_child *failed);

/* The new code loads, but the canary (NULL: it has ended) has a fault: the old workers stay. `failure` may be NULL. */
void pyw_worker_group_reject_canary(pyw_worker_group *group, pyw_child *canary, const char *fault,
                                    const pyw_board_failure *failure);

/* A start failed: the next one waits. */
void pyw_worker_group_back_off(pyw_worker_group *group);

#endif
