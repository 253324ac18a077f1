/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CONFIGURATION_H
#define PYW_MANAGER_CONFIGURATION_H

/*
 * The configuration that httpd's parent sends, and the changes to the running groups that it requires. On the manager's
 * only thread.
 */

#include "manager/manager.h"

/* Handles a JSON_LOG frame, and owns `fd`, which belongs to the next GROUP or COMMIT. */
void pyw_configuration_take_json_log(pyw_manager *manager, int fd);

/* Handles a GROUP frame. */
pyw_result pyw_configuration_add(pyw_manager *manager, const char *payload, uint32_t length, int log_fd,
                                 pyw_problem *problem);

/*
 * Handles a COMMIT frame: the groups since the last COMMIT are the new configuration. On failure nothing has changed.
 * `log_fd`: the manager's own log, -1: no change; the caller owns it.
 */
pyw_result pyw_configuration_commit(pyw_manager *manager, const char *payload, uint32_t length, int log_fd,
                                    pyw_problem *problem);

/* Another manager has taken over its groups. Removes the other groups. */
void pyw_configuration_retire_others(pyw_manager *manager);

/* Some of httpd's children have exited. Ends removed groups that no other child may need. */
void pyw_configuration_retire_unwanted(pyw_manager *manager);

/* Continues to read the logs of workers, and of their programs, that a killed manager left. */
void pyw_configuration_recover_logs(pyw_manager *manager);

/* Frees a group without children. */
void pyw_configuration_drop(pyw_manager *manager, pyw_worker_group *group);

#endif
