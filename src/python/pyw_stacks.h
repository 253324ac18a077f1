/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_STACKS_H
#define PYW_STACKS_H

/*
 * The Python stacks of all threads for a watchdog, which cannot wait for the GIL.
 */

/* For the current interpreter, GIL held: makes ready what dumping needs. -1 with an exception set. */
int pyw_stacks_prepare(void);

/* Writes the stacks of all prepared interpreters to `fd`. Any thread, no GIL, no memory is allocated. */
void pyw_stacks_dump(int fd);

#endif
