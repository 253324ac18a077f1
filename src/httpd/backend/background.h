/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_BACKGROUND_H
#define PYW_HTTPD_BACKEND_BACKGROUND_H

/*
 * The background thread of an httpd child: it buffers the responses of slow readers, and it waits for workers that
 * still run abandoned requests. In both cases no other thread reads the connection to the worker.
 *
 * Buffering: while httpd's output filters wait for a slow client, the request's thread cannot read from the worker, and
 * the client would occupy a thread of Python. If this takes more than a moment, the background thread reads ahead into
 * the request's channel (pyw_channel_read_ahead), and enforces the deadline.
 *
 * Abandoned: the request is over for httpd (the client left, or got its 504) while the worker still runs it. Its slot
 * stays taken until the worker has closed the connection. The worker shuts the connection down first, so a duplicate in
 * a process that it forked delays nothing. The wait also ends when the worker's process has exited (PYW0227), and after
 * a time limit (PYW0226).
 *
 * The thread starts with the first such request. Does not use httpd.h.
 */

#include <apr_pools.h>
#include <poll.h>
#include <sys/queue.h>

#include "httpd/queue/slots.h"
#include "wire/channel.h"

typedef enum {
    PYW_BACKGROUND_BUFFERING = 0, /* reads ahead for the request's thread */
    PYW_BACKGROUND_FULL,          /* likewise, but the buffer is full until the request's thread reads */
    PYW_BACKGROUND_REFUSED,       /* out_of_time() was called; waits until the worker closes the connection */
    PYW_BACKGROUND_ABANDONED      /* the request has no thread any more; waits until the worker closes the connection */
} pyw_background_state;

/* The caller sets the members of the first part for each request; all others are zero. */
typedef struct pyw_background_request {
    int fd;      /* of the connection; -1: the worker has finished */
    int64_t due; /* the deadline in ms, as pyw_clock_ms(); 0: none */
    pyw_channel *channel;
    void (*worker_done)(void *context); /* the worker has finished; the background thread calls it once */
    void (*out_of_time)(void *context); /* the deadline has passed, the response is incomplete; likewise */
    void *context;

    pyw_background_state state;
    LIST_ENTRY(pyw_background_request) next;
    int is_listed;
    int64_t since;     /* ms: when the request was listed */
    int is_held;       /* the background thread uses it without the lock */
    nfds_t poll_index; /* in the current poll(2); 0: not polled */

    const char *group; /* ABANDONED: */
    pyw_slots *slots;
    pyw_slot slot;
    int64_t until; /* ms */
} pyw_background_request;

/* In a new child, before its threads. */
void pyw_background_child_init(apr_pool_t *pchild);

/*
 * Enclose all calls that may wait for the client, on the request's thread. In between the channel belongs to the
 * background thread, but data that pyw_channel_read() has returned before stays valid. NULL: both do nothing.
 */
void pyw_background_begin(pyw_background_request *request);
void pyw_background_end(pyw_background_request *request);

/*
 * Becomes the owner of the connection `fd` and of the slot, and gives the slot back at `until` (ms, as pyw_clock_ms())
 * at the latest. The caller has sent ABORT. Afterwards the worker's sends fail. `group` is a name for the log. `group`
 * and `slots` must outlive the child's threads. Any thread.
 */
void pyw_background_abandon(const char *group, pyw_slots *slots, const pyw_slot *slot, int fd, int64_t until);

#endif
