/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_PROC_H
#define PYW_BASE_OS_PROC_H

/* Files of /proc and of cgroups: short texts, whose fields are separated by blanks. Any thread; nothing is logged. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads up to size - 1 bytes of a file. Returns their number; 0, and an empty text, if it cannot be read. */
size_t pyw_proc_read(char *text, size_t size, const char *path);

/* Likewise /proc/<pid>/<name>. */
size_t pyw_proc_read_pid(char *text, size_t size, pid_t pid, const char *name);

/* Reads the field `index` (from 0) of `text`. Returns 0 if it is not a decimal number, and leaves *number as it is. */
int pyw_proc_number(const char *text, int index, uint64_t *number);

/*
 * The fields of /proc/<pid>/stat, beginning with the state of the process; NULL: the text is malformed. The preceding
 * field, the name, is chosen by the program, and may contain blanks and brackets.
 */
const char *pyw_proc_stat_fields(const char *stat);

#endif
