/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CHILD_H
#define PYW_CHILD_H

/*
 * What the manager does with a single worker: it tells it to finish, and ends it. Whether and when is the group's
 * business (pyw_worker_group.h). On the manager's only thread.
 */

#include "manager/pyw_worker_group.h"

/* The state behind the event; a step to another one is a record. */
void pyw_child_change(pyw_child *child, pyw_child_event event);

/* Tells it to finish; it is killed after `limit_ms`, 0: never. A limit that it has already is only made shorter. */
void pyw_child_drain(pyw_child *child, int limit_ms);

/* Likewise, with the group's limit: its successor is there, or it is not wanted. */
void pyw_child_replace(pyw_child *child);

/* Kills it with everything that it started. It is buried when its end is seen. */
void pyw_child_kill(pyw_child *child);

/*
 * Hears what it has said, and obeys. PYW_AGAIN: that was all, or it was killed for it. Any other: it says nothing more,
 * or nothing of use. Who says as much as no worker would, PYW_MALFORMED, must not hold up what the others say.
 */
pyw_result pyw_child_hear(pyw_child *child, void (*obey)(pyw_child *child, const pyw_frame *frame));

/* It said BROKEN: keeps what its board says of the reason. */
void pyw_child_note_problem(pyw_child *child);

/* Did it say BROKEN, and has loaded the application since? */
int pyw_child_is_mended(const pyw_child *child);

/* Of the group's generation, and not chosen to be replaced. */
int pyw_child_is_current(const pyw_child *child);

#endif
