/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_QUEUE_REFUSAL_H
#define PYW_HTTPD_QUEUE_REFUSAL_H

/* The reasons why no worker gets a request. */
typedef enum {
    PYW_REFUSED_NOT = 0,  /* a worker got the request, or the request failed before it was queued */
    PYW_REFUSED_FULL,     /* queue-limit */
    PYW_REFUSED_LATE,     /* queue-timeout */
    PYW_REFUSED_DOWN,     /* the group has no worker, and will not have one soon */
    PYW_REFUSED_DEADLINE, /* request-timeout passed while it waited */
    PYW_REFUSED_LEFT,     /* the client left while it waited */
    PYW_REFUSED_BLOCKED,  /* a process that is stopped holds the lock of the queue */
    PYW_REFUSALS
} pyw_refusal;

#endif
