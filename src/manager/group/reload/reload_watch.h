/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_RELOAD_RELOAD_WATCH_H
#define PYW_MANAGER_GROUP_RELOAD_RELOAD_WATCH_H

/*
 * The files of reload-on=, except the files of modules: see manager/group/reload/code_check.h. The kernel reports
 * changes in their directories (inotify). One stat(2) a second for each file finds other changes, such as a symbolic
 * link in the path that points elsewhere. Files are never opened, and need not exist. On the manager's only thread.
 */

#include <apr_pools.h>

typedef struct pyw_reload_watch {
    struct pyw_reload_file *files; /* from the pool of the group's options; NULL: none */
    int has_modules;               /* the files of all modules are watched, too */
    int fd;                        /* an inotify descriptor; -1: none */
} pyw_reload_watch;

/* Watches the files that `reload_on` lists, or none if it is NULL. `pool` must outlive the watch, or its next begin. */
void pyw_reload_watch_begin(pyw_reload_watch *watch, apr_pool_t *pool, const char *reload_on);

/* Notes the present state of the files. Whenever workers that load the present code are about to be started. */
void pyw_reload_watch_note(const pyw_reload_watch *watch);

/* The path of a file that has changed since it was noted; NULL: none. Once a second. */
const char *pyw_reload_watch_find_changed(const pyw_reload_watch *watch);

/* Reads the kernel's reports: as pyw_reload_watch_find_changed if they concern the files, NULL otherwise. */
const char *pyw_reload_watch_listen(const pyw_reload_watch *watch);

/* Closes watch->fd. */
void pyw_reload_watch_end(pyw_reload_watch *watch);

#endif
