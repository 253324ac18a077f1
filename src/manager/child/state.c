/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/state.h"

enum { BACK_OFF_MOST_MS = 30 * 1000 };

/* clang-format off */
enum {
    STA = PYW_CHILD_STARTING, RDY = PYW_CHILD_READY, BRK = PYW_CHILD_BROKEN, DRN = PYW_CHILD_DRAINING,
    STK = PYW_CHILD_STUCK, FIN = PYW_CHILD_FINISHING, STP = PYW_CHILD_STOPPING, DED = PYW_CHILD_DEAD,
    ERR = PYW_CHILD_PEER_ERROR, BUG = PYW_CHILD_DEFECT
};

/*
 * A frame may have been on its way when the manager sent DRAIN or SIGKILL. A worker that finishes by itself (SIGTERM)
 * remains READY until it ends: without a DRAIN nothing would limit the time it takes.
 */
static const signed char table[PYW_CHILD_STATES][PYW_CHILD_EVENTS] = {
    /*                      LOADED BROKEN STUCK FINISHING MENDED DRAIN KILL EXIT */
    [PYW_CHILD_STARTING]  = {RDY,   BRK,   ERR,  STA,      BUG,   DRN,  STP, DED},
    [PYW_CHILD_READY]     = {ERR,   ERR,   STK,  RDY,      BUG,   DRN,  STP, DED},
    [PYW_CHILD_BROKEN]    = {ERR,   ERR,   STK,  BRK,      RDY,   DRN,  STP, DED},
    [PYW_CHILD_DRAINING]  = {DRN,   DRN,   STK,  FIN,      BUG,   DRN,  STP, DED},
    [PYW_CHILD_STUCK]     = {ERR,   ERR,   ERR,  STK,      BUG,   STK,  STP, DED},
    [PYW_CHILD_FINISHING] = {FIN,   FIN,   STK,  ERR,      BUG,   FIN,  STP, DED},
    [PYW_CHILD_STOPPING]  = {STP,   STP,   STP,  STP,      BUG,   STP,  STP, DED},
    [PYW_CHILD_DEAD]      = {BUG,   BUG,   BUG,  BUG,      BUG,   BUG,  BUG, BUG},
};
/* clang-format on */

int pyw_child_next(pyw_child_state state, pyw_child_event event)
{
    return table[state][event];
}

int pyw_child_state_is_loaded(pyw_child_state state)
{
    return state == PYW_CHILD_READY || state == PYW_CHILD_BROKEN;
}

pyw_worker_state pyw_child_state_published(pyw_child_state state)
{
    static const pyw_worker_state published[PYW_CHILD_STATES] = {
        [PYW_CHILD_STARTING] = PYW_WORKER_STARTING, [PYW_CHILD_READY] = PYW_WORKER_READY,
        [PYW_CHILD_BROKEN] = PYW_WORKER_BROKEN,     [PYW_CHILD_DRAINING] = PYW_WORKER_DRAINING,
        [PYW_CHILD_STUCK] = PYW_WORKER_STUCK,       [PYW_CHILD_FINISHING] = PYW_WORKER_DRAINING,
        [PYW_CHILD_STOPPING] = PYW_WORKER_STOPPING, [PYW_CHILD_DEAD] = PYW_WORKER_STOPPING,
    };

    return published[state];
}

const char *pyw_child_state_name(pyw_child_state state)
{
    static const char *const names[PYW_CHILD_STATES] = {"STARTING", "READY",     "BROKEN",   "DRAINING",
                                                        "STUCK",    "FINISHING", "STOPPING", "DEAD"};

    return names[state];
}

const char *pyw_child_event_name(pyw_child_event event)
{
    static const char *const names[PYW_CHILD_EVENTS] = {"LOADED", "BROKEN", "STUCK", "FINISHING",
                                                        "MENDED", "DRAIN",  "KILL",  "EXIT"};

    return names[event];
}

int pyw_child_back_off(int failures)
{
    int pause = 1000;

    if (failures <= 0) {
        return 0;
    }
    while (--failures > 0 && pause < BACK_OFF_MOST_MS) {
        pause *= 2;
    }
    return pause < BACK_OFF_MOST_MS ? pause : BACK_OFF_MOST_MS;
}
