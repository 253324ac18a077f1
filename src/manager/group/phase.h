/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_PHASE_H
#define PYW_MANAGER_GROUP_PHASE_H

/* The phases of a group in this manager, and the table of their transitions. Pure functions. */

/* Workers are started while the group is SERVING only. From ENDING on, commands and configurations ignore the group. */
typedef enum {
    PYW_PHASE_SERVING = 0, /* as configured */
    PYW_PHASE_STOPPED,     /* by a command, until another one; its workers finish */
    PYW_PHASE_RETIRING,    /* no longer configured; its workers serve httpd's old children */
    PYW_PHASE_HANDED,      /* another manager has it; its workers serve until those of that manager are ready */
    PYW_PHASE_ENDING,      /* its workers finish; then the group is freed */
    PYW_PHASE_LEAVING,     /* likewise, because the manager ends; the next manager starts the group again */
    PYW_PHASES
} pyw_phase;

typedef enum {
    PYW_PHASE_STOP = 0,  /* the command stop */
    PYW_PHASE_RESUME,    /* the commands start, restart and reload */
    PYW_PHASE_CONFIGURE, /* a new configuration contains the group */
    PYW_PHASE_REMOVE,    /* a new configuration, or the manager that took over, does not have it */
    PYW_PHASE_HAND,      /* another manager has taken it */
    PYW_PHASE_END,       /* nobody needs its workers any more */
    PYW_PHASE_LEAVE,     /* the manager ends */
    PYW_PHASE_EVENTS
} pyw_phase_event;

enum { PYW_PHASE_DEFECT = -1 }; /* the manager must not do this in this phase */

/* The next phase (the same one if the event changes nothing), or PYW_PHASE_DEFECT. */
int pyw_phase_next(pyw_phase phase, pyw_phase_event event);

/* "SERVING", "STOP" ... for log records. */
const char *pyw_phase_name(pyw_phase phase);
const char *pyw_phase_event_name(pyw_phase_event event);

#endif
