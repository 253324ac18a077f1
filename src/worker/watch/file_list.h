/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_FILE_LIST_H
#define PYW_WORKER_WATCH_FILE_LIST_H

/*
 * The files that a process has loaded, each with its state on disk at that time. Used by one thread at a time, without
 * the GIL. Survives a fork.
 */

#include <stdint.h>
#include <time.h>

typedef struct pyw_file_list pyw_file_list;

/* NULL: out of memory. */
pyw_file_list *pyw_file_list_create(void);

/*
 * Adds a file with its present state, unless it is listed. It need not exist. The process has read the file at or after
 * `since` (CLOCK_REALTIME_COARSE). If its inode has changed since then, the process may have read an older version, so
 * the file counts as changed.
 */
void pyw_file_list_add(pyw_file_list *list, const char *path, int is_code, const struct timespec *since);

int pyw_file_list_has(const pyw_file_list *list, const char *path);

int pyw_file_list_count(const pyw_file_list *list);

/*
 * Compares all files with their recorded states; `only_code`: those that were added as code. Returns the path of the
 * first file that differs, in the order of pyw_file_list_add; NULL: none does. Adds the digests of all these to
 * *digest.
 */
const char *pyw_file_list_compare(const pyw_file_list *list, int only_code, uint64_t *digest);

#endif
