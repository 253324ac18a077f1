/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_STATE_H
#define PYW_MANAGER_CHILD_STATE_H

/* The life of a worker as the manager sees it: states, and which one may follow which. Pure functions. */

typedef enum {
    PYW_CHILD_STARTING = 0, /* forked; its applications are not loaded */
    PYW_CHILD_READY,        /* accepts requests */
    PYW_CHILD_DRAINING,     /* was told to finish: accepts nothing more */
    PYW_CHILD_STOPPING,     /* was killed, its end has not been seen */
    PYW_CHILD_DEAD,
    PYW_CHILD_STATES
} pyw_child_state;

typedef enum {
    PYW_EVENT_LOADED = 0, /* READY or BROKEN arrived */
    PYW_EVENT_DRAIN,      /* DRAIN was sent */
    PYW_EVENT_KILL,       /* SIGKILL was sent */
    PYW_EVENT_EXIT,       /* waitpid(2) returned it */
    PYW_CHILD_EVENTS
} pyw_child_event;

/* The state behind the event; the same state if the event means nothing there. DEAD stays DEAD. */
pyw_child_state pyw_child_next(pyw_child_state state, pyw_child_event event);

/* "STARTING" ... */
const char *pyw_child_state_name(pyw_child_state state);

/* Pause in ms before a worker is started, after `failures` in turn died while STARTING: 0, 1, 2, 4 ... 30 s. */
int pyw_child_back_off(int failures);

#endif
