/* SPDX-License-Identifier: Apache-2.0 */
#include "test_pool.h"

#include <apr_general.h>

apr_pool_t *pool;

int pyw_test_pool_create(void **state)
{
    (void)state;
    return apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS;
}

int pyw_test_pool_destroy(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}
