/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_RECORD_H
#define PYW_PYTHON_RECORD_H

/*
 * Log records of Python code. They go to the log of the request that the calling thread serves, otherwise to the log of
 * the process; this includes processes that an application has forked. The caller holds the GIL; it is released where
 * the log might block.
 */

#include "python/python.h"

#include "base/log.h"

/* One line. GIL held; may give it up. */
typedef void pyw_record_fn(void *baton, pyw_log_level level, const char *text, size_t length);

/* Sends the records of this thread to `fn`; NULL: to the log of the process again. */
void pyw_record_divert(pyw_record_fn *fn, void *baton);

/* Writes a record for each non-empty line of `text`, truncated at the limit of a record. */
void pyw_record_text(pyw_log_level level, const char *text, size_t length);

/* As pyw_record_text, for a str object. Surrogates are escaped. -1 with an exception set. */
int pyw_record_str(pyw_log_level level, PyObject *text);

/* The streams to which Python prints. */
typedef enum { PYW_STREAM_STDOUT = 0, PYW_STREAM_STDERR, PYW_STREAM_ERRORS, PYW_STREAMS } pyw_stream;

/*
 * Takes bytes that Python code printed. A line becomes a record when it is complete. Incomplete lines are buffered for
 * each thread, so that the lines of two threads do not mix.
 */
void pyw_record_print(pyw_stream stream, const char *text, size_t length);

/* Writes records for this thread's incomplete lines, too: of one stream, or of all. */
void pyw_record_flush(pyw_stream stream);
void pyw_record_flush_all(void);

/*
 * For a forked process: its records go to the log of the process. Discards incomplete lines, because the parent
 * completes them.
 */
void pyw_record_forget(void);

#endif
