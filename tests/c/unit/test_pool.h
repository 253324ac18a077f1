/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_TEST_POOL_H
#define PYW_TEST_POOL_H

/* APR and a pool: the fixture of tests that need no more. */

#include <apr_pools.h>

extern apr_pool_t *pool;

/* cmocka's set-up and tear-down, of a group or of a test. */
int pyw_test_pool_create(void **state);
int pyw_test_pool_destroy(void **state);

#endif
