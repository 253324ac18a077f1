/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SECRETS_H
#define PYW_SECRETS_H

/*
 * Memory for the values of env= and env-file= that a fork does not copy: a child of httpd reads zeros there, and a core
 * file has none of it. httpd's parent keeps them, as it may have to start a manager again. Main thread of the parent.
 */

#include <apr_pools.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pyw_secrets pyw_secrets;

/* Its memory is wiped and unmapped with the pool. */
pyw_secrets *pyw_secrets_create(apr_pool_t *pool);

/* `size` bytes for the caller, zeros; NULL with errno: there are none. `secrets` NULL: ordinary memory of the pool. */
char *pyw_secrets_allocate(pyw_secrets *secrets, apr_pool_t *pool, size_t size);

/* A copy of the text, likewise. */
char *pyw_secrets_copy(pyw_secrets *secrets, apr_pool_t *pool, const char *text);

/* Is any of its memory in [first, end)? */
int pyw_secrets_are_in(const pyw_secrets *secrets, uintptr_t first, uintptr_t end);

/* Overwrites a text that is not needed any more, whoever thinks that it is constant. */
void pyw_secrets_wipe(const char *text);

#endif
