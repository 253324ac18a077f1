/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_ADMISSION_H
#define PYW_HTTPD_QUEUE_ADMISSION_H

/*
 * Whether, when and to which worker a request goes: it gets a slot of its group, waits for one, or is refused at once.
 * On the thread of the request.
 */

#include <httpd.h>

#include "httpd/queue/slots.h"
#include "httpd/response/response.h"
#include "httpd/target.h"

typedef struct pyw_admission {
    const pyw_target *target;
    pyw_response *response;
    pyw_slot slot;
    int has_slot;          /* it runs, or waits */
    apr_int64_t queue_end; /* pyw_clock_ms(), when it has waited for queue-timeout; 0: it has not waited yet */
    int is_repeated;       /* a worker went away before it had begun */
    int client_fd;         /* -1: a stream of HTTP/2 */
} pyw_admission;

/* In a new child, before its threads. */
void pyw_admission_child_init(void);

void pyw_admission_init(pyw_admission *admission, const pyw_target *target, pyw_response *response);

/*
 * OK: the slot names the worker. Or what the request is answered with: 503 (with Retry-After) because too many wait, it
 * waited too long or the group is down, 504 at its deadline, 400 because the client left. It has been logged; that a
 * group is down is in the group's log.
 */
int pyw_admission_enter(pyw_admission *admission);

/* The request was taken back from its worker, and is not tried again: how long it took says nothing. */
void pyw_admission_take_back(pyw_admission *admission);

/* The worker has done its part; it cannot be reached (`is_gone`), or takes nothing; the slot belongs to somebody else
 * now. */
void pyw_admission_leave(pyw_admission *admission);
void pyw_admission_retry(pyw_admission *admission, int is_gone);
void pyw_admission_forget(pyw_admission *admission);

#endif
