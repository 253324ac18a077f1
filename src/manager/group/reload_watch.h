/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_RELOAD_WATCH_H
#define PYW_MANAGER_GROUP_RELOAD_WATCH_H

/*
 * The files of reload-on=: when one of them changes, the workers of the group are replaced. The kernel tells of changes
 * in their directories (inotify); one stat(2) a second for each finds what it does not see, a link above that leads
 * elsewhere. Files are never opened, and need not exist. On the manager's only thread.
 */

#include "manager/group/group.h"

/* Notes what the files are like now. Whenever workers with the code of now are about to be started. */
void pyw_reload_watch_begin(pyw_worker_group *group);

/* Reads what the kernel tells; group->reload_fd has become readable, or may have. As pyw_reload_watch_look. */
const char *pyw_reload_watch_listen(pyw_worker_group *group);

/* Closes group->reload_fd. */
void pyw_reload_watch_end(pyw_worker_group *group);

/* Once a second: the path of a file that is not what it was; NULL: there is none, or it is too early to act. */
const char *pyw_reload_watch_look(pyw_worker_group *group);

#endif
