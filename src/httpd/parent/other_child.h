/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_OTHER_CHILD_H
#define PYW_HTTPD_PARENT_OTHER_CHILD_H

/*
 * httpd's main loop tells when a process ends that httpd's parent has started besides its children. A thin layer over
 * apr_proc_other_child_register, which crashes when a process is given up twice. On the parent's only thread.
 */

#include <apr_thread_proc.h>

/*
 * `on_end` is called once, with the status, when httpd notices the end of `proc`; not after `pconf` is gone, as it
 * points into this module. `data` names the process, and is not watched yet; `proc` stays where it is meanwhile.
 */
void pyw_other_child_watch(apr_proc_t *proc, void (*on_end)(void *data, apr_wait_t status), void *data,
                           apr_pool_t *pconf);

/* Its end is nobody's business any more. Does nothing if it is not watched. */
void pyw_other_child_unwatch(void *data);

#endif
