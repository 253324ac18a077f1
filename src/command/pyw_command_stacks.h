/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_STACKS_H
#define PYW_COMMAND_STACKS_H

/* What a worker says of its threads. The manager hands over one end of a pipe, the other one is the worker's. */

#include <stdio.h>

/*
 * Copies what comes out of `fd`, which it closes, to `out`, until the worker is done or has taken too long. The bytes
 * are a worker's: control bytes are escaped, and there is a limit. 0: nothing came.
 */
int pyw_command_copy_stacks(int fd, FILE *out);

#endif
