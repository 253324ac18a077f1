/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SHARED_SEGMENT_H
#define PYW_HTTPD_SHARED_SEGMENT_H

#include <stddef.h>

/*
 * In httpd's parent: zeroed memory that all processes of httpd share, and that persists over restarts. The same `key`
 * and size return the same memory again. Another size, from another configuration or another build, returns new memory.
 * *is_new: the memory was just created. NULL with errno.
 */
void *pyw_shared_segment(const char *key, size_t size, int *is_new);

#endif
