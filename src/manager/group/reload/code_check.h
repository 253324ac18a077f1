/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_RELOAD_CODE_CHECK_H
#define PYW_MANAGER_GROUP_RELOAD_CODE_CHECK_H

/*
 * Decides whether the workers of a group are replaced because files have changed: at a restart of httpd, if the options
 * of the group did not change (reload-at-restart), and with reload-on=modules. The processes of the group compare the
 * files that they have loaded with the files on disk, because only they know the names and may read the directories. On
 * the manager's only thread.
 */

#include "manager/child/child.h"

/* httpd was restarted: replaces the workers, or asks the processes, or does nothing. */
void pyw_code_check_restart(pyw_worker_group *group);

/* Once a second: asks the processes of a group with reload-on=modules, unless they have not answered yet. */
void pyw_code_check_watch(pyw_worker_group *group);

/* A worker or a template has answered. The first one whose files have changed replaces the workers of the group. */
void pyw_code_check_answer(pyw_child *child, int is_changed);

/* After each event: logs that no file has changed when all processes have answered. */
void pyw_code_check_step(pyw_worker_group *group);

#endif
