/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_ADMISSION_H
#define PYW_ADMISSION_H

/*
 * Whether, when and to which worker a request goes: it gets a slot of its group, waits for one, or is refused at once.
 * On the thread of the request.
 */

#include <httpd.h>

#include "httpd/pyw_reply.h"
#include "httpd/pyw_slots.h"
#include "httpd/pyw_target.h"

typedef struct pyw_admission {
    const pyw_target *target;
    pyw_reply *reply;
    pyw_slot slot; /* worker 0: the group's own socket is where the request goes */
    int has_slot;
    apr_int64_t queue_end; /* pyw_clock_ms(), when it has waited for queue-timeout; 0: it has not waited yet */
    int attempts; /* workers that went away before they had begun */
} pyw_admission;

/* In a new child, before its threads. */
void pyw_admission_child_init(void);

void pyw_admission_init(pyw_admission *admission, const pyw_target *target, pyw_reply *reply);

/*
 * OK, or what the request is answered with, which has been logged: 503 (with Retry-After) because too many wait or it
 * waited too long, 504 at its deadline, 400 because the client left.
 */
int pyw_admission_enter(pyw_admission *admission);

/* The request went to the group's own socket, and a worker with that process id took it. */
void pyw_admission_taken(pyw_admission *admission, apr_uint32_t pid);

/* The request was taken back from its worker, and is not tried again: how long it took says nothing. */
void pyw_admission_take_back(pyw_admission *admission);

/* The worker has done its part; it cannot be reached, or goes away; the slot belongs to somebody else now. */
void pyw_admission_leave(pyw_admission *admission);
void pyw_admission_retry(pyw_admission *admission);
void pyw_admission_forget(pyw_admission *admission);

#endif
