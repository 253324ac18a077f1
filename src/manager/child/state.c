/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/state.h"

enum { BACK_OFF_MOST_MS = 30 * 1000 };

static const pyw_child_state table[PYW_CHILD_STATES][PYW_CHILD_EVENTS] = {
    /*                       LOADED               DRAIN                KILL                 EXIT */
    [PYW_CHILD_STARTING] = {PYW_CHILD_READY, PYW_CHILD_DRAINING, PYW_CHILD_STOPPING, PYW_CHILD_DEAD},
    [PYW_CHILD_READY] = {PYW_CHILD_READY, PYW_CHILD_DRAINING, PYW_CHILD_STOPPING, PYW_CHILD_DEAD},
    [PYW_CHILD_DRAINING] = {PYW_CHILD_DRAINING, PYW_CHILD_DRAINING, PYW_CHILD_STOPPING, PYW_CHILD_DEAD},
    [PYW_CHILD_STOPPING] = {PYW_CHILD_STOPPING, PYW_CHILD_STOPPING, PYW_CHILD_STOPPING, PYW_CHILD_DEAD},
    [PYW_CHILD_DEAD] = {PYW_CHILD_DEAD, PYW_CHILD_DEAD, PYW_CHILD_DEAD, PYW_CHILD_DEAD},
};

pyw_child_state pyw_child_next(pyw_child_state state, pyw_child_event event)
{
    return table[state][event];
}

const char *pyw_child_state_name(pyw_child_state state)
{
    static const char *const names[PYW_CHILD_STATES] = {"STARTING", "READY", "DRAINING", "STOPPING", "DEAD"};

    return names[state];
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
