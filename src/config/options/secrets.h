/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_SECRETS_H
#define PYW_CONFIG_OPTIONS_SECRETS_H

/*
 * Memory for the values of env= and env-file= that a fork does not copy: a child of httpd reads zeros, and a core file
 * does not contain it. httpd's parent keeps the values, because it may have to start another manager. Main thread of
 * the parent.
 */

#include <apr_pools.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pyw_secrets pyw_secrets;

/* Its memory is wiped and unmapped with the pool. */
pyw_secrets *pyw_secrets_create(apr_pool_t *pool);

/*
 * `size` zeroed bytes for the caller; NULL with errno if there is no memory. `secrets` NULL: ordinary memory of the
 * pool.
 */
char *pyw_secrets_allocate(pyw_secrets *secrets, apr_pool_t *pool, size_t size);

/* A copy of the text in such memory. */
char *pyw_secrets_copy(pyw_secrets *secrets, apr_pool_t *pool, const char *text);

/* Whether any of its memory is in [first, end). */
int pyw_secrets_are_in(const pyw_secrets *secrets, uintptr_t first, uintptr_t end);

/* Overwrites a text that is no longer needed, even if the compiler considers it constant. */
void pyw_secrets_wipe(const char *text);

#endif
