/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_BUFFERING_H
#define PYW_HTTPD_BACKEND_BUFFERING_H

/*
 * Responses whose client is slow. httpd's output filters wait for the client, and while they do the request's thread
 * cannot take from the worker what its application goes on to say: a slow reader would hold a Python thread. One thread
 * in each child of httpd does it meanwhile, for all requests of the child that wait like this for more than a moment:
 * it reads ahead into the request's channel (pyw_channel_absorb), and looks whether the worker is out of time. There is
 * none before the first response that comes in pieces.
 */

#include <apr_pools.h>

#include "wire/channel.h"

/* A request whose response is on its way. Its members belong to the absorber. */
typedef struct pyw_absorption {
    pyw_channel *channel;
    void (*worker_done)(void *context); /* the worker's part is over; called by the absorber's thread, once; or NULL */
    void (*out_of_time)(void *context); /* `deadline` has passed, the answer is not complete; likewise, once */
    void *context;
    int64_t deadline; /* ms, as pyw_clock_ms(); 0: none */

    struct pyw_absorption *next; /* of those that wait for their client now */
    struct pyw_absorption **link;
    int64_t since;  /* ms */
    int is_held;    /* the absorber's thread uses the channel */
    int is_ended;   /* there is nothing more to absorb */
    int is_judged;  /* the deadline has passed */
    int is_late;    /* ... or it is not wanted any more: out_of_time was called, the worker has yet to close */
    int is_full;    /* ... or no room, until the request's thread has read */
    int poll_index; /* in the absorber's current poll(2); -1: not there */
} pyw_absorption;

/* In a new child, before its threads. */
void pyw_buffering_child_init(apr_pool_t *pchild);

/*
 * Around everything that may wait for the client, on the request's thread: between the two the channel is the
 * absorber's, except that what pyw_channel_read() returned before stays as it is.
 */
void pyw_buffering_begin(pyw_absorption *absorption);
void pyw_buffering_end(pyw_absorption *absorption);

#endif
