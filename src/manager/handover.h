/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_HANDOVER_H
#define PYW_MANAGER_HANDOVER_H

/*
 * Hands the groups of a manager over to the manager of a newer program. httpd's parent starts the new manager and
 * connects the two. The old manager sends its groups. For each group its workers serve until the workers of the new
 * manager are ready; then they finish their requests. The old manager exits last. docs/internals/WIRE.md describes the
 * frames. On each manager's only thread.
 */

#include <apr_tables.h>
#include <stdint.h>

#include "base/result.h"
#include "manager/manager.h"
#include "wire/channel.h"

typedef struct pyw_handover pyw_handover;

/* The descriptor of the channel to the old manager, if there is one. */
enum { PYW_HANDOVER_FD = 4 };

/* NULL: out of memory. `given` is called when another manager has taken over. */
pyw_handover *pyw_handover_create(pyw_manager *manager, void (*given)(pyw_manager *manager));
void pyw_handover_destroy(pyw_handover *handover);

/* The old manager: sends its groups to the manager at the other end of `fd`, which it owns from now on. */
void pyw_handover_give(pyw_handover *handover, int fd);

/* The old manager: has the new manager taken over? From then on it owns only its workers. */
int pyw_handover_is_given(const pyw_handover *handover);

/* The old manager: httpd's parent uses the new manager from now on. */
void pyw_handover_complete(pyw_handover *handover);

/* The old manager: given and complete. It exits when its workers have finished. */
int pyw_handover_is_complete(const pyw_handover *handover);

/*
 * The old manager: httpd's parent configures it again, so the hand-over has failed, even if the new manager had already
 * taken over: it died before it could answer the parent.
 */
void pyw_handover_take_back(pyw_handover *handover);

/* The new manager: receives the groups of the old manager from `fd`, which it owns from now on. Blocks. */
pyw_result pyw_handover_receive(pyw_handover *handover, int fd, pyw_problem *problem);

/* The old manager's description of a group. */
typedef struct pyw_legacy {
    int is_stopped;  /* by a command */
    int workers;     /* the intended number */
    uint64_t memory; /* bytes of all workers, as counted for memory-budget= */
} pyw_legacy;

/*
 * The new manager: returns the old manager's description of the group whose sockets are in that directory; NULL: none.
 */
const pyw_legacy *pyw_handover_find(const pyw_handover *handover, const char *directory, const char *group);

/* The new manager: is an old manager still running, which may control the groups? */
int pyw_handover_has_predecessor(const pyw_handover *handover);

/* The new manager: does an old manager use that directory for its sockets? */
int pyw_handover_uses(const pyw_handover *handover, const char *directory);

/* The new manager has applied the configuration, and owns the groups from now on, unless the old one cannot be told. */
pyw_result pyw_handover_confirm(pyw_handover *handover, pyw_problem *problem);

/* The old manager exits: it sends the pipes of programs that outlive its workers to the new manager, or closes them. */
void pyw_handover_give_logs(pyw_handover *handover);

/* For poll(2); -1: none. */
int pyw_handover_fd(const pyw_handover *handover);

/*
 * Reads what the other manager has sent. Call this when it may have sent something, before the lists of workers are
 * written: they belong to the new manager when it has taken over.
 */
void pyw_handover_read(pyw_handover *handover);

/* The new manager: tells the old one to end the workers of groups whose new workers are ready, and listed. */
void pyw_handover_release(pyw_handover *handover);

#endif
