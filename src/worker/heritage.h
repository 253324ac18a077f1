/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_HERITAGE_H
#define PYW_WORKER_HERITAGE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All that a worker gets from the manager. A worker is fork + exec of the same executable (/proc/self/exe), so that
 * nothing of other groups (their env= secrets above all) is in its memory. It starts as
 *
 *     pywsgid --worker <group>
 *
 * (with display-name=, as that name alone) with exactly these descriptors, and reads one HERITAGE frame from its
 * channel: the pairs of pyw_options_pairs and pyw_settings_pairs, the latter's names behind "settings.".
 *
 * With preload=On that is done once, as `pywsgid --template <group>`, without a listener and with a board that has no
 * slots. This template forks the workers: each gets the descriptors from STDOUT on by HAND frames, becomes a child of
 * the manager and the leader of a process group, says FORKED, and reads a HERITAGE of its own.
 */

enum {
    PYW_HERITAGE_NULL = 0,     /* /dev/null */
    PYW_HERITAGE_STDOUT = 1,   /* a pipe to the manager, for raw lines: it writes them into the group's log */
    PYW_HERITAGE_LOG = 2,      /* likewise */
    PYW_HERITAGE_CHANNEL = 3,  /* to the manager; EOF: the manager is gone, finish and exit */
    PYW_HERITAGE_LISTENER = 4, /* its listening socket, non-blocking; a service group's has /dev/null */
    PYW_HERITAGE_BOARD = 5,    /* a pyw_board in shared memory; the worker maps it, and puts its eventfd in its place */
    PYW_HERITAGE_RECORDS = 6,  /* the same pipe, non-blocking: the sink of pyw_log writes here (base/log_pipe.h) */
    PYW_HERITAGE_FDS = 7       /* from here on everything is closed */
};

/*
 * What the manager wants to know of a worker that died without a word. The worker writes, one slot a thread; the
 * manager only reads, trusts no byte of it, and knows its size by itself (the memory is sealed against shrinking).
 */
enum { PYW_BOARD_LINE = 500, PYW_BOARD_ID = 44, PYW_BOARD_STACKS = 32 * 1024 };

typedef struct pyw_board_slot {
    _Atomic uint32_t busy;
    char line[PYW_BOARD_LINE]; /* "GET /path", NUL-terminated if the worker behaves */
    char id[PYW_BOARD_ID];     /* the request's, as in httpd's log records */
} pyw_board_slot;

typedef struct pyw_board {
    _Atomic uint64_t served;  /* requests, all threads */
    _Atomic uint64_t scripts; /* what the scripts were like when loading began, and when STALE was said; 0: unknown */
    char problem[PYW_BOARD_LINE]; /* behind BROKEN: why an application is not loaded; "": it is by now */
    _Atomic uint32_t dying;       /* 1 + the slot of the thread that got a fatal signal; 0: none, or it has no slot */
    pyw_board_slot slots[];
} pyw_board;

#define PYW_BOARD_SIZE(threads) (sizeof(pyw_board) + (size_t)(threads) * sizeof(pyw_board_slot))

/*
 * Behind the board in the same memory: text, written when the worker gets a fatal signal
 * (worker/watch/crash_traceback.h).
 */
#define PYW_BOARD_FILE_SIZE(threads) (PYW_BOARD_SIZE(threads) + PYW_BOARD_STACKS)

/* Exit statuses by which the manager tells the deaths of a worker apart. */
enum {
    PYW_EXIT_DRAINED = 0,     /* finished after DRAIN, SIGTERM or the manager's end */
    PYW_EXIT_HERITAGE = 80,   /* the HERITAGE frame was unusable */
    PYW_EXIT_PRIVILEGES = 81, /* could not become its user */
    PYW_EXIT_ENGINE = 82,     /* the engine could not be loaded, or Python did not start */
    PYW_EXIT_STARTUP = 83,    /* startup-timeout */
    PYW_EXIT_FORCED = 84,     /* shutdown-timeout: requests were still running */
    PYW_EXIT_OVERDUE = 85,    /* finished but for requests that do not end although they were interrupted */
    PYW_EXIT_PROGRAM = 86     /* of a service group: its program came to its end, or raised */
};

/* As ps(1) and /proc/<pid>/comm have them: of at most 15 bytes. */
#define PYW_HERITAGE_WORKER_NAME "pywsgid"
#define PYW_HERITAGE_TEMPLATE_NAME "pywsgi-template"

/* The worker's main function, with main()'s arguments: returns the exit status of the process. */
int pyw_worker_main(int is_template, int argc, char **argv);

#endif
