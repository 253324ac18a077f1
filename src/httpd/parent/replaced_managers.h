/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_REPLACED_MANAGERS_H
#define PYW_HTTPD_PARENT_REPLACED_MANAGERS_H

/*
 * Managers in whose place another one is: they have handed over to it, and end when their workers have finished; or
 * they did not answer, are stopped (SIGSTOP), and are killed when their workers have had the time to finish. httpd's
 * parent keeps their control channels, so that they end with it at the latest. Retained over restarts.
 */

#include <apr_thread_proc.h>
#include <httpd.h>
#include <stdint.h>

/*
 * Owns the descriptor from now on, and notices the end of the process until `pconf` goes. It is killed at `kill_at`
 * (pyw_clock_ms(); INT64_MAX: never). If there are too many, the oldest one is told to stop, and not waited for.
 */
void pyw_replaced_managers_add(const apr_proc_t *proc, int control_fd, int64_t kill_at, apr_pool_t *pconf);

/* Now and then: kills those that are due. */
void pyw_replaced_managers_look(void);

/* After every post_config: their ends are noticed. */
void pyw_replaced_managers_watch(apr_pool_t *pconf);

/* Tells all to stop; those that were to be killed some time are killed now. */
void pyw_replaced_managers_stop(void);

/* Waits for their ends until `deadline` (pyw_clock_ms()), and kills the others. */
void pyw_replaced_managers_await(int64_t deadline);

/* In a child: closes the descriptors. */
void pyw_replaced_managers_child_init(void);

#endif
