/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_TRUSTED_PATH_H
#define PYW_BASE_OS_TRUSTED_PATH_H

/*
 * Directories that only root and the user of this process can replace. Each directory in the path, and each symbolic
 * link, must belong to one of the two. Other users must not be able to write to the directories, unless the sticky bit
 * prevents them from renaming other users' files. Any process, any thread.
 */

#include "base/result.h"

/*
 * Opens the directory `path` (absolute; links are followed) and returns a descriptor for the *at functions (O_PATH,
 * close-on-exec), which the caller closes. -1: *problem contains the reason. errno is EPERM if another user could
 * replace the directory, else the error of a system call.
 */
int pyw_trusted_path_open(const char *path, pyw_problem *problem);

/* As pyw_trusted_path_open, but makes the directories that are missing (mode 0755). */
int pyw_trusted_path_make(const char *path, pyw_problem *problem);

#endif
