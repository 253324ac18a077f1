/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_BATCH_SCHEDULING_H
#define PYW_HTTPD_QUEUE_BATCH_SCHEDULING_H

/*
 * Batch scheduling (pyw_batch) of the threads of httpd's child, and of the threads of workers that serve its requests.
 * pyw_batch_trial decides when. WSGIBatchScheduling turns it off.
 */

#include <httpd.h>

/* In a new child, before its threads. */
void pyw_batch_scheduling_child_init(apr_pool_t *pchild);

/* A request arrives. `requests`: how many of its group run or wait, in all children. Any thread. */
void pyw_batch_scheduling_note(apr_int32_t requests);

/* Is it on? REQUEST frames tell the worker. Any thread. */
int pyw_batch_scheduling_is_on(void);

#endif
