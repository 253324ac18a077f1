/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_FILE_CHECK_H
#define PYW_WORKER_WATCH_FILE_CHECK_H

/*
 * Answers the manager's question whether the files on disk are still the files that the process has loaded. The process
 * records the files when its applications are loaded, and from time to time, because modules are imported later, too. A
 * thread of its own does both, so that neither a request nor the main thread waits for a disk. It holds the GIL only to
 * copy the names. All functions: main thread, without the GIL.
 */

#include <stdint.h>

#include "config/options/worker_options.h"
#include "worker/heritage.h"
#include "worker/watch/scripts.h"
#include "wsgi/engine.h"

typedef struct pyw_file_check pyw_file_check;

/* Before Python starts: a file that changes from now on may not be the loaded one. NULL: out of memory. */
pyw_file_check *pyw_file_check_create(void);

/* `scripts`: includes the scripts that requests have found. `wake` is called when pyw_file_check_step has something to
 * do; any thread. 0: out of memory. */
int pyw_file_check_use(pyw_file_check *check, const pyw_engine *engine, const pyw_worker_options *options,
                       pyw_script_watch *scripts, void (*wake)(void));

/* Records the files, and waits until that is done. For a template, which must have no other thread when it forks. */
void pyw_file_check_record(pyw_file_check *check);

/* The manager asks whether a file has changed. `only_code`: a file of Python code. */
void pyw_file_check_ask(pyw_file_check *check, int only_code);

/* The files that have changed. */
typedef struct pyw_file_change {
    char path[PYW_BOARD_LINE]; /* of the first changed file, perhaps truncated; "": none */
    pyw_change_kind kind;      /* of that file */
    uint64_t digest;           /* of all changed files in their present state */
} pyw_file_change;

typedef enum {
    PYW_FILES_NO_ANSWER = 0, /* the manager has not asked, or the files are being checked */
    PYW_FILES_UNCHANGED,
    PYW_FILES_CHANGED
} pyw_file_answer;

/*
 * Call this after each event once the applications are loaded. Starts the thread if the manager has asked, or if it is
 * time to record. `is_template`: waits for the thread, and only answers. Each question is answered once; *change is
 * valid after PYW_FILES_CHANGED.
 */
pyw_file_answer pyw_file_check_step(pyw_file_check *check, int is_template, pyw_file_change *change);

/* Waits for the thread. Before the engine is stopped. */
void pyw_file_check_end(pyw_file_check *check);

#endif
