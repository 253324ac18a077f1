/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_LOG_PIPE_H
#define PYW_LOG_PIPE_H

/*
 * What a worker writes into the pipe to its manager. Two kinds of lines are in it:
 *
 *   - raw lines, of whatever writes to the descriptors 1 and 2: C libraries, and programs that the application starts;
 *   - records of pyw_log, each PYW_LOG_PIPE_MARK, the level as a digit, '+' if the record goes on in a further line or
 *     '.' if it is complete, the thread's id, a space, the text, and a line end. Such a line is at most
 *     PYW_LOG_PIPE_MOST bytes, so that the kernel takes it whole, and may stand in the middle of a raw line.
 *
 * The manager trusts neither. It writes the time and the pid of the worker itself, so a worker can lie about its level
 * and its threads, and about nothing else.
 */

#include "base/pyw_log.h"

#define PYW_LOG_PIPE_MARK '\x1e'

enum { PYW_LOG_PIPE_MOST = 4096 }; /* PIPE_BUF of Linux */

/*
 * The worker: writes a line with the beginning of `text` into `line` and returns its length; `taken` says how much of
 * the text it holds. Any thread.
 */
size_t pyw_log_pipe_encode(char line[PYW_LOG_PIPE_MOST], pyw_log_level level, long tid, const char *text, size_t length,
                           size_t *taken);

/* One record. `tid` 0: it is a raw line. `text` is not escaped, has no NUL at its end, and is valid during the call. */
typedef void pyw_log_pipe_fn(void *baton, pyw_log_level level, long tid, const char *text, size_t length);

/* The manager: what is incomplete yet. All zero is the beginning of a pipe. One thread at a time. */
typedef struct pyw_log_pipe {
    char raw[PYW_LOG_RECORD_MAX - 1]; /* a raw line without its end */
    size_t raw_length;
    int is_in_record;
    char record[PYW_LOG_PIPE_MOST]; /* behind the mark */
    size_t record_length;
    char parts[PYW_LOG_RECORD_MAX - 1]; /* of a record of several lines */
    size_t parts_length;
    pyw_log_level parts_level;
    long parts_tid;
} pyw_log_pipe;

/* Takes bytes as they were read, and calls `fn` for each line that is complete; a longer one comes in several. */
void pyw_log_pipe_take(pyw_log_pipe *pipe, const char *data, size_t length, pyw_log_pipe_fn *fn, void *baton);

/* Nothing more comes: calls `fn` for the lines without an end. */
void pyw_log_pipe_end(pyw_log_pipe *pipe, pyw_log_pipe_fn *fn, void *baton);

#endif
