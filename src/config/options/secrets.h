/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_SECRETS_H
#define PYW_CONFIG_OPTIONS_SECRETS_H

/*
 * Memory for the values of env= and env-file=. A fork does not copy it: a child of httpd reads zeros. Core files do not
 * contain it. httpd's parent keeps the values, because it may have to start another manager. Main thread of the parent.
 */

#include <apr_pools.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pyw_secrets pyw_secrets;

/* The memory is wiped and unmapped when the pool is destroyed. */
pyw_secrets *pyw_secrets_create(apr_pool_t *pool);

/* Returns `size` zeroed bytes, NULL with errno if there is no memory. `secrets` NULL: ordinary memory of the pool. */
char *pyw_secrets_allocate(pyw_secrets *secrets, apr_pool_t *pool, size_t size);

/* A copy of the text in such memory. */
char *pyw_secrets_copy(pyw_secrets *secrets, apr_pool_t *pool, const char *text);

/* Whether any of the memory is in [first, end). */
int pyw_secrets_are_in(const pyw_secrets *secrets, uintptr_t first, uintptr_t end);

/* Overwrites a text that is no longer needed. Its memory must be writable. */
void pyw_secrets_wipe(const char *text);

#endif
