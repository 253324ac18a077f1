/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_GOAL_H
#define PYW_MANAGER_COMMAND_GOAL_H

/*
 * The goal of a command that changes a group: workers of a generation serve, or the group is stopped. Goals are
 * compared with the group after every event, for the client if it waits, and for the log. On the manager's only thread.
 */

#include <stddef.h>

#include "manager/manager.h"

typedef struct pyw_goal {
    const char *group;   /* its name: the group may be removed meanwhile */
    unsigned generation; /* of the workers */
} pyw_goal;

typedef enum {
    PYW_GOAL_PENDING = 0,
    PYW_GOAL_REACHED,
    PYW_GOAL_FAILED /* it cannot be reached any more */
} pyw_goal_state;

enum { PYW_GOAL_TEXT = 600 };

/* Sets `text`, a sentence about the group, also of a pending goal. */
pyw_goal_state pyw_goal_look(const pyw_manager *manager, const pyw_goal *goal, char text[PYW_GOAL_TEXT]);

/* The traceback of the failure, as the worker gave it; "": there is none. */
void pyw_goal_copy_traceback(const pyw_manager *manager, const pyw_goal *goal, char *text, size_t size);

/* The group that commands know by this name; NULL: none. */
pyw_worker_group *pyw_goal_find_group(const pyw_manager *manager, const char *name);

#endif
