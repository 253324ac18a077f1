/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CROWD_H
#define PYW_CROWD_H

/*
 * Whether there are so many requests at once that the threads of httpd's child, and of its workers, should not
 * interrupt each other (pyw_batch). WSGIBatchScheduling turns it off.
 */

#include <httpd.h>

/* In a new child, before its threads. */
void pyw_crowd_child_init(apr_pool_t *pchild);

/* `requests`: how many of one group run or wait, in all children. Any thread. */
void pyw_crowd_note(apr_int32_t requests);

/* Is there a crowd? The worker of a request is told. */
int pyw_crowd_is_here(void);

#endif
