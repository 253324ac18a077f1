/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SCARCE_MEMORY_H
#define PYW_SCARCE_MEMORY_H

/*
 * calloc, realloc and reallocarray of the code under test go through here (the linker's --wrap), so that a test can let
 * one of them fail. Single-threaded.
 */

/* Lets the call after `count` further ones fail, once: 0 is the next. */
void pyw_scarce_memory_fail_after(int count);

/* Did it fail? Ends the shortage in any case. */
int pyw_scarce_memory_end(void);

#endif
