/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CONFIGURATION_H
#define PYW_MANAGER_CONFIGURATION_H

/* What httpd's parent wants to run, and how what runs becomes that. On the manager's only thread. */

#include "manager/manager.h"

/* Takes a GROUP frame. */
pyw_result pyw_configuration_add(pyw_manager *manager, const char *payload, uint32_t length, int log_fd,
                                 pyw_problem *problem);

/*
 * Takes a COMMIT frame: the groups since the last one are what is to run. On failure nothing has changed. `log_fd`: the
 * manager's own log, -1 to keep it; stays the caller's.
 */
pyw_result pyw_configuration_commit(pyw_manager *manager, const char *payload, uint32_t length, int log_fd,
                                    pyw_problem *problem);

/* Another manager took the groups that are handed: the others are no longer configured. */
void pyw_configuration_retire_others(pyw_manager *manager);

/* Some of httpd's children are gone: groups that only they wanted end now. */
void pyw_configuration_retire_unwanted(pyw_manager *manager);

/* What a manager left that was killed: its workers, and programs of them, log on. */
void pyw_configuration_recover_logs(pyw_manager *manager);

/* Frees a group that has no children. */
void pyw_configuration_drop(pyw_manager *manager, pyw_worker_group *group);

#endif
