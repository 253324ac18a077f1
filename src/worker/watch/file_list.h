/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_FILE_LIST_H
#define PYW_WORKER_WATCH_FILE_LIST_H

/*
 * The files that a process has loaded, each with its state on disk at that time: device, inode, size and modification
 * time. A symbolic link in a path is followed each time. Used by one thread at a time, without the GIL. Survives a
 * fork.
 */

#include <time.h>

typedef struct pyw_file_list pyw_file_list;

/* NULL: out of memory. */
pyw_file_list *pyw_file_list_create(void);

/*
 * Adds a file with its present state, unless it is listed. The process has read the file at or after `since`
 * (CLOCK_REALTIME_COARSE). If its inode has changed since then, the process may have read an older version, so the file
 * counts as changed. A path that leads into an archive (a.zip/b.py) stands for the archive. The file need not exist.
 */
void pyw_file_list_add(pyw_file_list *list, const char *path, const struct timespec *since);

int pyw_file_list_has(const pyw_file_list *list, const char *path);

int pyw_file_list_count(const pyw_file_list *list);

/* The path of the first file, in the order of pyw_file_list_add, that differs from its recorded state; NULL: none. */
const char *pyw_file_list_changed(const pyw_file_list *list);

#endif
