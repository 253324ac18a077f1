/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SCARCE_MEMORY_H
#define PYW_SCARCE_MEMORY_H

/*
 * Replaces calloc, realloc and reallocarray of the code under test (by the linker's --wrap), so that a test can make
 * one of them fail. Single-threaded.
 */

/* Makes the call after `count` further calls fail, once; 0: the next call. */
void pyw_scarce_memory_fail_after(int count);

/* Whether a call has failed. Ends the shortage. */
int pyw_scarce_memory_end(void);

#endif
