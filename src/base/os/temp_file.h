/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_TEMP_FILE_H
#define PYW_BASE_OS_TEMP_FILE_H

/*
 * Temporary files without a name: no other process can open them, and they vanish with their last descriptor. Any
 * thread.
 */

#include <stddef.h>
#include <sys/types.h>

/* A new empty file in `directory`, mode 0600, close-on-exec. The caller closes it. -1: see errno. */
int pyw_temp_file_open(const char *directory);

/* Writes all bytes at `offset`. 0, or errno; after an error a part may have been written. */
int pyw_temp_file_write_at(int fd, const void *data, size_t length, off_t offset);

/*
 * Returns a read-only descriptor of the same file, to pass to another process. Takes ownership of `fd`, which is
 * returned unchanged where the system cannot reopen it (no /proc).
 */
int pyw_temp_file_read_only(int fd);

#endif
