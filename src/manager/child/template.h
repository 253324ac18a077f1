/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_TEMPLATE_H
#define PYW_MANAGER_CHILD_TEMPLATE_H

/*
 * The template of a process group with preload=On: a process that has loaded the applications and forks the workers.
 * There is one for each generation; that of an old one stays until the new one's workers are known to be good. All of
 * it on the manager's only thread.
 */

#include "manager/child/child.h"

/* As pyw_worker_group_step, which calls it. */
int64_t pyw_template_step(pyw_worker_group *group);

/* May a worker be started now? Also 1 for a group without preload. */
int pyw_template_is_ready(const pyw_worker_group *group);

/* Orders a worker from the template. It is in no list until it has said FORKED; pyw_child_adopt then gets it. */
pyw_result pyw_template_order(pyw_worker_group *group, pyw_problem *problem);

/* Reads what templates said, and who speaks for the ordered workers. */
void pyw_template_listen(pyw_worker_group *group);

/* Was it a template that ended? Then it is waited for, and buried. */
int pyw_template_bury(pyw_worker_group *group, pid_t pid);

/* The generation of the group is that of the workers before: and so is the template. */
void pyw_template_keep_old(pyw_worker_group *group);

/* The group ends. */
void pyw_template_stop(pyw_worker_group *group);

/* Calls `visit` with the descriptor of each channel that may have something to read. */
void pyw_template_each_fd(const pyw_worker_group *group, void (*visit)(void *baton, int fd), void *baton);

/* Is none left? */
int pyw_template_is_gone(const pyw_worker_group *group);

#endif
