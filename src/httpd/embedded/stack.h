/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_EMBEDDED_STACK_H
#define PYW_HTTPD_EMBEDDED_STACK_H

/* The Python stack of a thread of this child, whose Python may not respond. */

#include <stdint.h>

/*
 * Another thread waits for the GIL, and writes the stack of `thread` (pthread_self()) to a pipe, as wire/stack_text.h
 * reads it. Returns the reading end, which the caller closes at any time; -1 with errno, EBUSY: an earlier call still
 * waits for the GIL. Any thread.
 */
int pyw_embedded_stack_open(uint64_t thread);

#endif
