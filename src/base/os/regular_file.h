/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_REGULAR_FILE_H
#define PYW_BASE_OS_REGULAR_FILE_H

/*
 * Files that another user may have replaced by a FIFO, at which open(2) would wait for a writer, or by a device. Any
 * thread; nothing is logged.
 */

#include <stddef.h>

/* Opens a regular file for reading, close-on-exec. -1: see errno; EINVAL: it is no regular file. */
int pyw_regular_file_open(const char *path);

/* Reads up to size - 1 bytes, and adds a NUL. Returns their number; -1, and an empty text, if it cannot be opened. */
int pyw_regular_file_read(char *text, size_t size, const char *path);

#endif
