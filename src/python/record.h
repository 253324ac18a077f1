/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_RECORD_H
#define PYW_PYTHON_RECORD_H

/*
 * Log records that come out of Python code: into the log of the request that the calling thread serves, if it serves
 * one, else into the process's, as in a process that an application has forked. GIL held everywhere; given up where the
 * log might block.
 */

#include "python/python.h"

#include "base/log.h"

/* One line. GIL held; may give it up. */
typedef void pyw_record_fn(void *baton, pyw_log_level level, const char *text, size_t length);

/* Sends what this thread logs from now on to `fn`; NULL: to the process's log again. */
void pyw_record_divert(pyw_record_fn *fn, void *baton);

/* One record for each line of `text` that is not empty, cut at the limit of a record. */
void pyw_record_text(pyw_log_level level, const char *text, size_t length);

/* As pyw_record_text, of a str object; what UTF-8 cannot hold is escaped. -1 with an exception set. */
int pyw_record_str(pyw_log_level level, PyObject *text);

/* What Python prints to. */
typedef enum { PYW_STREAM_STDOUT = 0, PYW_STREAM_STDERR, PYW_STREAM_ERRORS, PYW_STREAMS } pyw_stream;

/*
 * Bytes that Python code printed. Lines become records as soon as they are complete; the rest is kept for this thread,
 * so that two threads cannot tear each other's lines.
 */
void pyw_record_print(pyw_stream stream, const char *text, size_t length);

/* Makes records of this thread's incomplete lines, too: of one stream, or of all. */
void pyw_record_flush(pyw_stream stream);
void pyw_record_flush_all(void);

/*
 * In a forked process: its records go to the log of the process. The parent still has the incomplete lines, and
 * completes them.
 */
void pyw_record_forget(void);

#endif
