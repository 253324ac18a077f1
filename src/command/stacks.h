/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_STACKS_H
#define PYW_COMMAND_STACKS_H

/*
 * Shows the stacks of a worker's threads. The manager passes one end of a pipe, and the worker writes to the other end.
 */

#include <stdio.h>

/*
 * Copies the data from `fd` to `out` until the worker is done or has taken too long, and closes `fd`. The data comes
 * from a worker: control bytes are escaped, and its size is limited. 0: no data.
 */
int pyw_command_copy_stacks(int fd, FILE *out);

#endif
