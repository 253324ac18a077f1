/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/serve/connection_state.h"

/* clang-format off */
enum {
    FRE = PYW_CONNECTION_FREE, IDL = PYW_CONNECTION_IDLE, BSY = PYW_CONNECTION_BUSY, PND = PYW_CONNECTION_PENDING,
    BUG = PYW_CONNECTION_DEFECT
};

/* A thread may have got an event before another thread closed the connection. */
static const signed char table[PYW_CONNECTION_STATES][PYW_CONNECTION_EVENTS] = {
    /*                         ACCEPT INPUT REST DRAIN CLOSE */
    [PYW_CONNECTION_FREE]    = {BSY,  FRE,  BUG, FRE,  BUG},
    [PYW_CONNECTION_IDLE]    = {BUG,  BSY,  BUG, BSY,  BUG},
    [PYW_CONNECTION_BUSY]    = {BUG,  PND,  IDL, BSY,  FRE},
    [PYW_CONNECTION_PENDING] = {BUG,  PND,  BSY, PND,  FRE},
};
/* clang-format on */

int pyw_connection_next(pyw_connection_state state, pyw_connection_event event)
{
    return table[state][event];
}

const char *pyw_connection_state_name(pyw_connection_state state)
{
    static const char *const names[PYW_CONNECTION_STATES] = {"FREE", "IDLE", "BUSY", "PENDING"};

    return names[state];
}

const char *pyw_connection_event_name(pyw_connection_event event)
{
    static const char *const names[PYW_CONNECTION_EVENTS] = {"ACCEPT", "INPUT", "REST", "DRAIN", "CLOSE"};

    return names[event];
}
