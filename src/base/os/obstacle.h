/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_OBSTACLE_H
#define PYW_BASE_OS_OBSTACLE_H

/* Finds the directory or file in a path that the user of this process may not use. Not thread-safe (getpwuid). */

#include "base/result.h"

/*
 * 1: a directory of `path` (absolute; links are followed) cannot be searched, or the file or directory at its end
 * cannot be read. *problem names it with its owner and mode, and ends with "; write: " and a command that opens it.
 * 0: the path can be used, or a part of it does not exist. A directory with a slash at its end need only be searched.
 */
int pyw_obstacle_find(const char *path, pyw_problem *problem);

#endif
