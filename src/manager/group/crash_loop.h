/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_GROUP_CRASH_LOOP_H
#define PYW_MANAGER_GROUP_CRASH_LOOP_H

/*
 * Request lines that were running when workers died. A line that was running in three deaths within a minute is named.
 * Pure functions of the struct. The text comes from a worker and is only compared.
 */

#include <stdint.h>

enum { PYW_CRASH_LOOP_LINE = 256, PYW_CRASH_LOOP_DEATHS = 3, PYW_CRASH_LOOP_MOST = 16, PYW_CRASH_LOOP_MS = 60 * 1000 };

typedef struct pyw_crash_suspect {
    char line[PYW_CRASH_LOOP_LINE];        /* "GET /path", without the query; "": a free entry */
    int64_t deaths[PYW_CRASH_LOOP_DEATHS]; /* when, the latest first; INT64_MIN: there was none */
    int64_t named_at;                      /* INT64_MIN: never */
} pyw_crash_suspect;

typedef struct pyw_crash_loop {
    pyw_crash_suspect places[PYW_CRASH_LOOP_MOST];
} pyw_crash_loop;

/*
 * A worker died at `now` (ms) while it was running `line`, of at most `length` bytes. Returns the suspect to name,
 * valid until the next call; NULL: none, or it was named less than a minute ago. Call it for each thread of the worker
 * with the same `now`, which counts as one death. All zero is an empty struct.
 */
const pyw_crash_suspect *pyw_crash_loop_note(pyw_crash_loop *loop, const char *line, int length, int64_t now);

#endif
