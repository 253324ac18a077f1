/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_STACK_TEXT_H
#define PYW_WIRE_STACK_TEXT_H

/*
 * The Python stacks of all threads of a worker, as it writes them to the pipe of a STACKS frame. The worker is not
 * trusted. Any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Appends what the worker writes, up to `most` bytes, until the end of file or the deadline (wire/wait.h). */
void pyw_stack_text_read(int fd, int64_t deadline, size_t most, pyw_buffer *out);

/* Does the line begin the stack of the thread? `thread`: hexadecimal digits, as the manager sends them. */
int pyw_stack_text_is_heading_of(const char *line, size_t length, const char *thread);

/*
 * Appends the calls of one thread, a line for each, escaped as in the log. Appends nothing if the thread runs no Python
 * code, and no more lines than fit into `most` bytes.
 */
void pyw_stack_text_of_thread(pyw_buffer *out, const pyw_buffer *text, const char *thread, size_t most);

#endif
