/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_CONNECTION_STATE_H
#define PYW_WORKER_SERVE_CONNECTION_STATE_H

/*
 * The states of a connection from httpd's child in a worker, and the table of their transitions. Pure functions, any
 * thread.
 */

typedef enum {
    PYW_CONNECTION_FREE = 0, /* is closed; the struct can be used again */
    PYW_CONNECTION_IDLE,     /* no thread owns it; it waits for the next request */
    PYW_CONNECTION_BUSY,     /* a thread owns it */
    PYW_CONNECTION_PENDING,  /* likewise, and must read again, because another thread got an event for it */
    PYW_CONNECTION_STATES
} pyw_connection_state;

typedef enum {
    PYW_CONNECTION_ACCEPT = 0, /* its thread has accepted it */
    PYW_CONNECTION_INPUT,      /* epoll_wait(2) reported it to a thread */
    PYW_CONNECTION_REST,       /* its thread has read everything */
    PYW_CONNECTION_DRAIN,      /* the worker drains, and closes connections that no thread owns */
    PYW_CONNECTION_CLOSE,      /* its thread has closed it */
    PYW_CONNECTION_EVENTS
} pyw_connection_event;

enum { PYW_CONNECTION_DEFECT = -1 }; /* the worker must not do this in this state */

/* The next state (the same one if the event changes nothing), or PYW_CONNECTION_DEFECT. */
int pyw_connection_next(pyw_connection_state state, pyw_connection_event event);

/* "FREE", "ACCEPT" ... for log records. */
const char *pyw_connection_state_name(pyw_connection_state state);
const char *pyw_connection_event_name(pyw_connection_event event);

#endif
