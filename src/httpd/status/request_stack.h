/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_REQUEST_STACK_H
#define PYW_HTTPD_STATUS_REQUEST_STACK_H

/* The Python stack of the thread that runs a request in flight. */

#include "httpd/status/report.h"

/* One of both is NULL. */
typedef struct pyw_request_stack {
    const char *text;    /* a line for each call, the innermost first, printable */
    const char *problem; /* why there is no stack: a sentence without its period */
} pyw_request_stack;

/* Waits for a worker, or for the GIL of this child, up to two seconds. Allocates from `pool`. Any thread. */
void pyw_request_stack_take(pyw_request_stack *stack, const pyw_report_request *request, apr_pool_t *pool);

#endif
