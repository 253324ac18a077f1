/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_TEMPLATE_H
#define PYW_MANAGER_CHILD_TEMPLATE_H

/*
 * The template of a process group with preload=On: a process that has loaded the applications and forks the workers.
 * Each generation has one. The template of an old generation stays until a worker of the new one is READY. On the
 * manager's only thread.
 */

#include "manager/child/child.h"

/* As pyw_worker_group_step, which calls it. */
int64_t pyw_template_step(pyw_worker_group *group);

/* May a worker be started now? Also 1 for a group without preload. */
int pyw_template_is_ready(const pyw_worker_group *group);

/* Orders a worker from the template. It is in group->ordered until it has sent FORKED; then the group adopts it. */
pyw_result pyw_template_order(pyw_worker_group *group, pyw_problem *problem);

/* Reads the frames of the templates, and the FORKED of the workers that were ordered. */
void pyw_template_listen(pyw_worker_group *group);

/* The template sent READY or BROKEN. */
void pyw_template_loaded(pyw_child *template, pyw_child_event event);

/* If the process that ended is a template of the group: reaps it and returns 1. */
int pyw_template_reap(pyw_worker_group *group, pid_t pid);

/* The old workers were moved to the current generation: moves their template, too. */
void pyw_template_keep_old(pyw_worker_group *group);

/* The group ends. */
void pyw_template_stop(pyw_worker_group *group);

/* Calls `visit` with the descriptor of each channel that may have something to read. */
void pyw_template_each_fd(const pyw_worker_group *group, void (*visit)(void *baton, int fd), void *baton);

/* Have all templates of the group ended? */
int pyw_template_is_gone(const pyw_worker_group *group);

#endif
