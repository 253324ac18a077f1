/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_TEMP_FILE_H
#define PYW_TEMP_FILE_H

/*
 * Temporary files without a name: nobody else can open them, and they are gone with their last descriptor. Any thread.
 */

#include <stddef.h>
#include <sys/types.h>

/* A new empty file in `directory`, mode 0600, close-on-exec. The caller closes it. -1: see errno. */
int pyw_temp_file_open(const char *directory);

/* Writes all of it from `offset` on. 0, or the errno; then a part may have been written. */
int pyw_temp_file_write_at(int fd, const void *data, size_t length, off_t offset);

/*
 * The same file for reading only, to be given away. Becomes the owner of `fd`, which is returned as it is where the
 * system cannot do that (no /proc).
 */
int pyw_temp_file_read_only(int fd);

#endif
