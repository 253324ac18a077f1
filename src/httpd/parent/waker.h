/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_WAKER_H
#define PYW_HTTPD_PARENT_WAKER_H

/*
 * A timer for httpd's parent, whose main loop has none: a process that only waits. httpd notices its end within a
 * second. On the parent's only thread.
 */

#include <apr_pools.h>

/*
 * `wake` is called by httpd's main loop in about `delay_ms`, unless an earlier call is due already. The process ends
 * with `pconf`, or with the parent. If there can be no process, nobody is called.
 */
void pyw_waker_set(int delay_ms, void (*wake)(void), apr_pool_t *pconf);

/* Ends it. */
void pyw_waker_stop(void);

#endif
