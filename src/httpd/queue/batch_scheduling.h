/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_BATCH_SCHEDULING_H
#define PYW_HTTPD_QUEUE_BATCH_SCHEDULING_H

/*
 * Batch scheduling (pyw_batch) of the threads of httpd's child, and of the threads of workers that serve its requests.
 * pyw_batch_trial decides when, for all children. WSGIBatchScheduling turns it off.
 */

#include <httpd.h>

#include "base/result.h"

/* In httpd's parent, before it has children. PYW_FAILED: out of memory, which was logged. */
pyw_result pyw_batch_scheduling_prepare(void);

/* In a new child, before its threads start. */
void pyw_batch_scheduling_child_init(apr_pool_t *pchild);

/*
 * Records an arrival. `requests`: the number of running and waiting requests of the group in all children. Any thread.
 */
void pyw_batch_scheduling_note(apr_int32_t requests);

/* Whether it is on. REQUEST frames pass this to the worker. Any thread. */
int pyw_batch_scheduling_is_on(void);

#endif
