/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_ADMISSION_H
#define PYW_HTTPD_QUEUE_ADMISSION_H

/*
 * Admits requests to the workers of a group: a request gets a slot of a worker, waits for one, or is refused
 * immediately. On the thread of the request.
 */

#include <httpd.h>

#include "httpd/queue/slots.h"
#include "httpd/response/response.h"
#include "httpd/target.h"

typedef struct pyw_admission {
    const pyw_target *target;
    pyw_response *response;
    pyw_slot slot;
    int has_slot;          /* the request runs or waits */
    apr_int64_t queue_end; /* pyw_clock_ms() of the end of queue-timeout; 0: not set yet */
    int is_repeated;       /* a worker exited before it had started the request */
    int client_fd;         /* -1: a stream of HTTP/2 */
    uint32_t gil_wait_us;  /* as the worker said: UINT32_MAX: it still waits */
    pyw_refusal refusal;
} pyw_admission;

void pyw_admission_init(pyw_admission *admission, const pyw_target *target, pyw_response *response);

/*
 * OK: the slot names the worker. Otherwise the status of the response: 503 with Retry-After if the queue is full, the
 * wait was too long or the group is down, 504 at the deadline, 400 if the client left. The reason was logged; for a
 * group that is down, the manager logs it.
 */
int pyw_admission_enter(pyw_admission *admission);

/* Frees the slot of a request that the worker has not run and that is not retried. Its duration is not counted. */
void pyw_admission_take_back(pyw_admission *admission);

/* Frees the slot, because the worker has finished the request. */
void pyw_admission_leave(pyw_admission *admission);

/* Frees the slot of a worker that cannot be reached (`is_gone`), or accepts no requests. */
void pyw_admission_retry(pyw_admission *admission, int is_gone);

/* Leaves the slot to another owner. */
void pyw_admission_forget(pyw_admission *admission);

#endif
