/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_TRACEPARENT_H
#define PYW_BASE_TRACEPARENT_H

/* The header traceparent of W3C Trace Context, which log records quote. A pure function; any thread. */

#include <stddef.h>

enum { PYW_TRACEPARENT_LENGTH = 55 };

/* Whether `text` is "00-<32 hex digits>-<16>-<2>", in lower case, with ids other than 0 and a version other than ff. */
int pyw_traceparent_is_valid(const char *text, size_t length);

#endif
