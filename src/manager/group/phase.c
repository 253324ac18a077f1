/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/phase.h"

/* clang-format off */
enum {
    SRV = PYW_PHASE_SERVING, STP = PYW_PHASE_STOPPED, RET = PYW_PHASE_RETIRING, HND = PYW_PHASE_HANDED,
    END = PYW_PHASE_ENDING, LVE = PYW_PHASE_LEAVING, BUG = PYW_PHASE_DEFECT
};

/*
 * A stopped group that is removed has no worker that serves, so it ends at once. A HANDED group gets CONFIGURE if the
 * other manager died before it had taken over. An ENDING group can have the same name as a configured group, so it also
 * gets the events of that group.
 */
static const signed char table[PYW_PHASES][PYW_PHASE_EVENTS] = {
    /*                      STOP RESUME CONFIGURE REMOVE HAND END  LEAVE */
    [PYW_PHASE_SERVING]  = {STP, SRV,   SRV,      RET,   HND, BUG, LVE},
    [PYW_PHASE_STOPPED]  = {STP, SRV,   STP,      END,   HND, BUG, LVE},
    [PYW_PHASE_RETIRING] = {END, RET,   SRV,      RET,   RET, END, END},
    [PYW_PHASE_HANDED]   = {HND, HND,   SRV,      HND,   HND, END, END},
    [PYW_PHASE_ENDING]   = {BUG, BUG,   BUG,      END,   END, END, END},
    [PYW_PHASE_LEAVING]  = {BUG, BUG,   BUG,      LVE,   LVE, LVE, LVE},
};
/* clang-format on */

int pyw_phase_next(pyw_phase phase, pyw_phase_event event)
{
    return table[phase][event];
}

const char *pyw_phase_name(pyw_phase phase)
{
    static const char *const names[PYW_PHASES] = {"SERVING", "STOPPED", "RETIRING", "HANDED", "ENDING", "LEAVING"};

    return names[phase];
}

const char *pyw_phase_event_name(pyw_phase_event event)
{
    static const char *const names[PYW_PHASE_EVENTS] = {"STOP", "RESUME", "CONFIGURE", "REMOVE",
                                                        "HAND", "END",    "LEAVE"};

    return names[event];
}
