/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_WAKER_H
#define PYW_HTTPD_PARENT_WAKER_H

/*
 * A timer for httpd's parent, because its main loop has no timers: a process that only waits. httpd detects its exit
 * within a second. On the parent's only thread.
 */

#include <apr_pools.h>

/*
 * Makes httpd's main loop call `wake` in about `delay_ms`, unless an earlier call is due. The process ends with
 * `pconf`, or with the parent. If fork fails, `wake` is not called.
 */
void pyw_waker_set(int delay_ms, void (*wake)(void), apr_pool_t *pconf);

/* Stops the timer. */
void pyw_waker_stop(void);

#endif
