/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_HANDOVER_H
#define PYW_MANAGER_HANDOVER_H

/*
 * One manager in the place of another, of a newer program: httpd's parent starts it, and connects the two. The old one
 * tells of its groups. Its workers serve until those of the new one are ready, group by group; then they finish what
 * they run, and the old manager ends. docs/internals/WIRE.md has the frames. On each manager's
 * only thread.
 */

#include <apr_tables.h>
#include <stdint.h>

#include "base/result.h"
#include "manager/manager.h"
#include "wire/channel.h"

typedef struct pyw_handover pyw_handover;

/* Where httpd's parent puts the channel to the old manager, if there is one. */
enum { PYW_HANDOVER_FD = 4 };

/* NULL: no memory. `given` is called when another manager has taken over. */
pyw_handover *pyw_handover_create(pyw_manager *manager, void (*given)(pyw_manager *manager));
void pyw_handover_destroy(pyw_handover *handover);

/* The old manager: tells of its groups to the manager at the other end of `fd`, whose owner it becomes. */
void pyw_handover_give(pyw_handover *handover, int fd);

/* The old manager: has the new one taken over? From then on nothing but the workers is its own. */
int pyw_handover_is_given(const pyw_handover *handover);

/* The new manager: reads what the old one gives on `fd`, whose owner it becomes. Waits. */
pyw_result pyw_handover_receive(pyw_handover *handover, int fd, pyw_problem *problem);

/* What the old manager says of a group. */
typedef struct pyw_legacy {
    int is_stopped;  /* by a command */
    int workers;     /* as many as it wanted to have */
    uint64_t memory; /* bytes of all of them, as they count for memory-budget= */
} pyw_legacy;

/* The new manager: what the old one says of that group, whose sockets are in that directory; NULL: nothing. */
const pyw_legacy *pyw_handover_find(const pyw_handover *handover, const char *directory, const char *group);

/* The new manager: is there an old one, which may still be the one that runs the groups? */
int pyw_handover_has_predecessor(const pyw_handover *handover);

/* The new manager: is there an old one whose sockets are in that directory? */
int pyw_handover_uses(const pyw_handover *handover, const char *directory);

/* The new manager runs the configuration: the groups that it has are its own now. */
void pyw_handover_confirm(pyw_handover *handover);

/* The old manager ends: it gives the pipes of programs that outlive its workers to the new one, or closes them. */
void pyw_handover_give_logs(pyw_handover *handover);

/* For poll(2); -1: nothing. */
int pyw_handover_fd(const pyw_handover *handover);

/* Either: after every event. The new one tells of groups whose workers are ready, the old one lets its own finish. */
void pyw_handover_step(pyw_handover *handover);

#endif
