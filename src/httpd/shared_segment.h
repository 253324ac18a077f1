/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SHARED_SEGMENT_H
#define PYW_HTTPD_SHARED_SEGMENT_H

#include <stddef.h>

/*
 * In httpd's parent: zeroed memory that all processes of httpd share, and that persists over restarts. The same `key`
 * and size give the same memory again; another size, of another configuration or another build, gives new memory.
 * *is_new: it was just created. NULL: see errno.
 */
void *pyw_shared_segment(const char *key, size_t size, int *is_new);

#endif
