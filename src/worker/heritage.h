/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_HERITAGE_H
#define PYW_WORKER_HERITAGE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Everything that a worker inherits from the manager. A worker is fork + exec of the same executable (/proc/self/exe),
 * so that its memory contains no data of other groups, in particular no env= secrets. It starts as
 *
 *     pywsgid --worker <group>
 *
 * (with display-name=, as that name alone) with the descriptors below and no others, and reads one HERITAGE frame from
 * its channel: the pairs of pyw_options_pairs and of pyw_settings_pairs, whose names differ.
 *
 * With preload=On only a template is started in this way, as `pywsgid --template <group>`, without a listener and with
 * a board without slots. The template forks the workers. A forked worker gets the descriptors from STDOUT on by HAND
 * frames, becomes a child of the manager and the leader of a process group, sends FORKED, and reads its own HERITAGE.
 */

enum {
    PYW_HERITAGE_NULL = 0,     /* /dev/null */
    PYW_HERITAGE_STDOUT = 1,   /* a pipe to the manager, for raw lines, which it writes to the group's log */
    PYW_HERITAGE_LOG = 2,      /* the same pipe */
    PYW_HERITAGE_CHANNEL = 3,  /* to the manager; EOF: the manager has exited, so finish and exit */
    PYW_HERITAGE_LISTENER = 4, /* its listening socket, non-blocking; /dev/null for a service group */
    PYW_HERITAGE_BOARD =
        5, /* a pyw_board in shared memory; the worker maps it, and replaces the descriptor by its eventfd */
    PYW_HERITAGE_RECORDS = 6, /* the same pipe, non-blocking, for the records of pyw_log (base/log/pipe.h) */
    PYW_HERITAGE_FDS = 7      /* all further descriptors are closed */
};

/*
 * The state of a worker, for the manager's report if the worker dies. The worker writes it, one slot for each thread.
 * The manager only reads it, does not trust its contents, and does not take its size from it (the memory is sealed
 * against shrinking).
 */
enum {
    PYW_BOARD_LINE = 500,
    PYW_BOARD_ID = 65,
    PYW_BOARD_CLIENT = 48,
    PYW_BOARD_FAILURE = 4000, /* bytes of a traceback; its beginning is omitted */
    PYW_BOARD_FAILURES = 32,
    PYW_BOARD_STACKS = 32 * 1024
};

/* The texts are NUL-terminated unless the worker is hostile. */
typedef struct pyw_board_slot {
    _Atomic uint32_t busy;
    _Atomic uint32_t ignored;      /* the request does not count as activity (WSGIIgnoreActivity) */
    _Atomic int64_t since;         /* pyw_clock_us() when the worker got the request */
    _Atomic uint64_t thread;       /* pthread_self(), which the Python stacks name */
    char line[PYW_BOARD_LINE];     /* "GET /path" */
    char id[PYW_BOARD_ID];         /* the id of the request, as in httpd's log records */
    char client[PYW_BOARD_CLIENT]; /* REMOTE_ADDR */
} pyw_board_slot;

/* A kind of failures of the applications: an exception of a type at a place, or a response with status 500. */
typedef struct pyw_board_failure {
    _Atomic uint64_t kind;        /* 0: unused; written last */
    char text[PYW_BOARD_FAILURE]; /* the first of the kind: its traceback */
} pyw_board_failure;

/* Why a file on disk differs from the file that the worker uses. */
typedef enum {
    PYW_CHANGE_LOADED = 0, /* Python has loaded it, and it has changed or is gone */
    PYW_CHANGE_SOURCE,     /* likewise, but Python has not loaded it: it is in a directory of the application */
    PYW_CHANGE_NEW         /* it did not exist */
} pyw_change_kind;

typedef struct pyw_board {
    _Atomic uint64_t served;        /* number of requests of all threads */
    _Atomic uint64_t ignored;       /* ... of which do not count as activity */
    _Atomic uint64_t scripts;       /* digest of the scripts when loading began, or when STALE was sent; 0: unknown */
    char problem[PYW_BOARD_LINE];   /* after BROKEN: why an application is not loaded; "": it is loaded now */
    _Atomic uint64_t files;         /* digest of the changed files when CHANGED was sent; 0: unknown */
    char changed[PYW_BOARD_LINE];   /* after CHANGED: the first file that has changed ... */
    _Atomic uint32_t change;        /* ... and a pyw_change_kind */
    _Atomic uint32_t dying;         /* 1 + the slot of the thread that received a fatal signal; 0: none, or no slot */
    _Atomic uint32_t failure_count; /* may exceed PYW_BOARD_FAILURES: then some kinds are missing */
    pyw_board_failure failures[PYW_BOARD_FAILURES]; /* pages that are not used take no memory */
    pyw_board_slot slots[];
} pyw_board;

#define PYW_BOARD_SIZE(threads) (sizeof(pyw_board) + (size_t)(threads) * sizeof(pyw_board_slot))

/*
 * Text after the board, in the same memory. Written when the worker receives a fatal signal
 * (worker/watch/crash_traceback.h).
 */
#define PYW_BOARD_FILE_SIZE(threads) (PYW_BOARD_SIZE(threads) + PYW_BOARD_STACKS)

/* Exit statuses of a worker, by which the manager distinguishes the causes. */
enum {
    PYW_EXIT_DRAINED = 0,     /* drained after DRAIN, after SIGTERM or without a manager */
    PYW_EXIT_HERITAGE = 80,   /* the HERITAGE frame was unusable */
    PYW_EXIT_PRIVILEGES = 81, /* could not change to its user */
    PYW_EXIT_ENGINE = 82,     /* the engine could not be loaded, or Python did not start */
    PYW_EXIT_STARTUP = 83,    /* startup-timeout exceeded */
    PYW_EXIT_FORCED = 84,     /* shutdown-timeout exceeded: requests were still running */
    PYW_EXIT_OVERDUE = 85,    /* drained, except for requests that ignore their interruption */
    PYW_EXIT_PROGRAM = 86,    /* service group: the program ended, or raised an exception */
    PYW_EXIT_CHECKED = 87     /* --check: all applications were loaded, or records say why they were not */
};

/* As in ps(1) and /proc/<pid>/comm: at most 15 bytes. */
#define PYW_HERITAGE_WORKER_NAME "pywsgid"
#define PYW_HERITAGE_TEMPLATE_NAME "pywsgi-template"

/* The main function of a worker, with main()'s arguments. Returns the exit status of the process. */
int pyw_worker_main(int is_template, int argc, char **argv);

/*
 * `pywsgid --check`: becomes the group's user and loads its applications, as a worker does, but serves nothing. httpd
 * starts it for a check of the configuration, with a channel for HERITAGE, and a pipe as STDOUT and LOG for the records
 * of level error. Returns the exit status, which is 0 even if there are such records.
 */
int pyw_worker_check_main(void);

#endif
