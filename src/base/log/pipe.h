/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_LOG_PIPE_H
#define PYW_BASE_LOG_PIPE_H

/*
 * The format of the pipe from a worker to its manager. The pipe contains two kinds of lines:
 *
 *   - raw lines, from everything that writes to descriptors 1 and 2: C libraries, programs of the application;
 *   - records of pyw_log. Each is PYW_LOG_PIPE_MARK, the level as a digit, '+' if the record continues in a further
 *     line or '.' if it is complete, the thread's id, a space, the text, and a line end. Such a line is at most
 *     PYW_LOG_PIPE_MOST bytes long, so that the kernel writes it as a whole, and may interrupt a raw line.
 *
 * The manager trusts neither. It adds the time and the pid of the worker itself, so a worker can only forge its level
 * and its thread ids.
 */

#include "base/log.h"

#define PYW_LOG_PIPE_MARK '\x1e'

enum { PYW_LOG_PIPE_MOST = 4096 }; /* PIPE_BUF of Linux */

/*
 * In the worker: writes a line with the beginning of `text` to `line` and returns its length; `taken` is the number of
 * bytes of the text in it. Any thread.
 */
size_t pyw_log_pipe_encode(char line[PYW_LOG_PIPE_MOST], pyw_log_level level, long tid, const char *text, size_t length,
                           size_t *taken);

/* One record. `tid` is 0 for a raw line. `text` is not escaped, not NUL-terminated, and valid during the call. */
typedef void pyw_log_pipe_fn(void *baton, pyw_log_level level, long tid, const char *text, size_t length);

/* In the manager: incomplete input. All zero is the beginning of a pipe. One thread at a time. */
typedef struct pyw_log_pipe {
    char raw[PYW_LOG_RECORD_MAX - 1]; /* a raw line without its end */
    size_t raw_length;
    int is_in_record;
    char record[PYW_LOG_PIPE_MOST]; /* after the mark */
    size_t record_length;
    char parts[PYW_LOG_RECORD_MAX - 1]; /* the first lines of a record */
    size_t parts_length;
    pyw_log_level parts_level;
    long parts_tid;
} pyw_log_pipe;

/*
 * Parses the next bytes of the pipe and calls `fn` for each complete line. A line that is too long is passed in several
 * parts.
 */
void pyw_log_pipe_take(pyw_log_pipe *pipe, const char *data, size_t length, pyw_log_pipe_fn *fn, void *baton);

/* The end of the input: calls `fn` for incomplete lines. */
void pyw_log_pipe_end(pyw_log_pipe *pipe, pyw_log_pipe_fn *fn, void *baton);

#endif
