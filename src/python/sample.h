/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_SAMPLE_H
#define PYW_PYTHON_SAMPLE_H

/*
 * One sample of a profile. See sample_stacks() of the engine (wsgi/engine.h). Any thread that Python did not create and
 * that serves no requests.
 */

#include <stddef.h>

void pyw_sample_stacks(void (*visit)(void *baton, unsigned long thread, const char *stack, size_t length), void *baton);

#endif
