/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_MANAGERS_REPLACED_H
#define PYW_HTTPD_PARENT_MANAGERS_REPLACED_H

/*
 * Managers that were replaced. A manager that has handed over exits when its workers have finished. A manager that did
 * not respond is stopped (SIGSTOP), and killed when its workers have had time to finish. httpd's parent keeps their
 * control channels, so that they exit when it exits, at the latest. Retained over restarts.
 */

#include <apr_thread_proc.h>
#include <httpd.h>
#include <stdint.h>

/*
 * Adds a manager. Becomes the owner of the descriptor, and watches the process until `pconf` is cleared. Kills the
 * process at `kill_at` (pyw_clock_ms(); INT64_MAX: never). If there are too many managers, stops the oldest without
 * waiting for it.
 */
void pyw_replaced_managers_add(const apr_proc_t *proc, int control_fd, int64_t kill_at, apr_pool_t *pconf);

/* Kills managers whose time has passed. Call it periodically. */
void pyw_replaced_managers_kill_due(void);

/* After every post_config: watches the processes again. */
void pyw_replaced_managers_watch(apr_pool_t *pconf);

/* Stops all managers; kills managers that have a kill_at. */
void pyw_replaced_managers_stop(void);

/* Waits for their exit until `deadline` (pyw_clock_ms()), and then kills them. */
void pyw_replaced_managers_await(int64_t deadline);

/* In a child: closes the descriptors. */
void pyw_replaced_managers_child_init(void);

#endif
