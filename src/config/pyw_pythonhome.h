/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHONHOME_H
#define PYW_PYTHONHOME_H

/*
 * Which Python a directory holds, and which engine goes with it; nothing is executed. Used by configtest. Knows APR,
 * no httpd.
 */

#include <apr_pools.h>

/*
 * Finds the series ("3.11"; "3.13t" of a free-threaded build) of a prefix or virtual environment: pyvenv.cfg's version,
 * else the one lib/python3.X below it, else the link bin/python3. Returns NULL and sets *series, or returns a sentence
 * that says why `home` is no Python environment.
 */
const char *pyw_pythonhome_series(apr_pool_t *pool, const char *home, const char **series);

int pyw_pythonhome_is_free_threaded(const char *series);

/* "3.11" -> "<directory>/pywsgi_cpython311.so". */
const char *pyw_pythonhome_engine(apr_pool_t *pool, const char *directory, const char *series);

#endif
