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

typedef enum {
    PYW_FILE_LOADED = 0, /* Python has read it: a module, a script, a .pth file */
    PYW_FILE_CODE,       /* a module that is not imported yet */
    PYW_FILE_TEXT        /* a template, settings: a framework may have read it */
} pyw_file_kind;

/* NULL: out of memory. */
pyw_file_list *pyw_file_list_create(void);

/*
 * Adds a file with its present state, unless it is listed: then only the kind becomes LOADED. It need not exist. The
 * process has read the file at or after `since` (CLOCK_REALTIME_COARSE). If its inode has changed since then, the
 * process may have read an older version, so the file counts as changed.
 */
void pyw_file_list_add(pyw_file_list *list, const char *path, pyw_file_kind kind, const struct timespec *since);

int pyw_file_list_has(const pyw_file_list *list, const char *path);

int pyw_file_list_count(const pyw_file_list *list);

/*
 * Compares all files with their recorded states; `only_code`: all but TEXT. Returns the path of the first file that
 * differs, in the order of pyw_file_list_add, and its kind; NULL: none does. Adds the digests of all these to *digest.
 */
const char *pyw_file_list_compare(const pyw_file_list *list, int only_code, uint64_t *digest, pyw_file_kind *kind);

#endif
