/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_CHILD_STATE_H
#define PYW_MANAGER_CHILD_STATE_H

/* The states of a worker or a template as the manager sees it, and the table of their transitions. Pure functions. */

#include "shm/group_state.h"

/* In the order in which a process can pass through them. The group wants the processes in states before DRAINING. */
typedef enum {
    PYW_CHILD_STARTING = 0, /* was forked, loads its applications */
    PYW_CHILD_READY,        /* accepts requests */
    PYW_CHILD_BROKEN,       /* likewise, but an application failed to load */
    PYW_CHILD_DRAINING,     /* got DRAIN; may still begin a request */
    PYW_CHILD_STUCK,        /* got DRAIN because its Python does not respond */
    PYW_CHILD_FINISHING,    /* begins no request any more */
    PYW_CHILD_STOPPING,     /* was killed, but not reaped yet */
    PYW_CHILD_DEAD,         /* was reaped */
    PYW_CHILD_STATES
} pyw_child_state;

typedef enum {
    PYW_EVENT_LOADED = 0, /* the frame READY */
    PYW_EVENT_BROKEN,     /* the frame BROKEN */
    PYW_EVENT_STUCK,      /* the frame STUCK */
    PYW_EVENT_FINISHING,  /* the frame FINISHING */
    PYW_EVENT_MENDED,     /* the application that failed has been loaded */
    PYW_EVENT_DRAIN,      /* the manager sent DRAIN */
    PYW_EVENT_KILL,       /* the manager sent SIGKILL */
    PYW_EVENT_EXIT,       /* the manager reaped it */
    PYW_CHILD_EVENTS
} pyw_child_event;

/* The results for an event that is illegal in a state. */
enum {
    PYW_CHILD_PEER_ERROR = -1, /* the process sent a frame that it may not send now */
    PYW_CHILD_DEFECT = -2      /* the manager must not do this now */
};

/* The next state (the same one if the event changes nothing), PYW_CHILD_PEER_ERROR or PYW_CHILD_DEFECT. */
int pyw_child_next(pyw_child_state state, pyw_child_event event);

/* READY or BROKEN: the process has loaded what it can, and has not been asked to end. */
int pyw_child_state_is_loaded(pyw_child_state state);

/* The state that `pywsgi status` shows. */
pyw_worker_state pyw_child_state_published(pyw_child_state state);

/* "STARTING", "LOADED" ... for log records. */
const char *pyw_child_state_name(pyw_child_state state);
const char *pyw_child_event_name(pyw_child_event event);

/* The pause in ms before the next start after `failures` successive deaths while STARTING: 0, 1, 2, 4 ... 30 s. */
int pyw_child_back_off(int failures);

#endif
