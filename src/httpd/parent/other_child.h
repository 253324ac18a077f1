/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_OTHER_CHILD_H
#define PYW_HTTPD_PARENT_OTHER_CHILD_H

/*
 * Reports the exit of processes that httpd's parent has started besides its children. A thin layer over
 * apr_proc_other_child_register, which crashes when a process is unregistered twice. On the parent's only thread.
 */

#include <apr_thread_proc.h>

/*
 * Calls `on_end` once, with the exit status, when httpd's main loop detects the exit of `proc`, but not after `pconf`
 * was destroyed, because `on_end` points into this module. `data` identifies the process, and must be unique; `proc`
 * must stay valid.
 */
void pyw_other_child_watch(apr_proc_t *proc, void (*on_end)(void *data, apr_wait_t status), void *data,
                           apr_pool_t *pconf);

/* Stops watching a process. Does nothing if it is not watched. */
void pyw_other_child_unwatch(void *data);

#endif
