/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_PYTHONHOME_H
#define PYW_CONFIG_CHECK_PYTHONHOME_H

/*
 * Determines the Python version of a directory, and its engine, without executing anything. Used by configtest. Uses
 * APR, but not httpd.
 */

#include <apr_pools.h>

/*
 * Finds the series ("3.11"; "3.13t" for a free-threaded build) of a prefix or virtual environment: the version in
 * pyvenv.cfg, else the only lib/python3.X below it, else the link bin/python3. Returns NULL and sets *series, or
 * returns a sentence that explains why `home` is not a Python environment.
 */
const char *pyw_pythonhome_series(apr_pool_t *pool, const char *home, const char **series);

/*
 * The prefix of the form "prefix:exec_prefix" of PYTHONHOME; `home` itself if it has another form. *other: the
 * exec_prefix if it is another directory, which is not used; else NULL.
 */
const char *pyw_pythonhome_prefix(apr_pool_t *pool, const char *home, const char **other);

/* CPython versions for which an engine can be built. */
#define PYW_SUPPORTED_PYTHONS "3.9 to 3.14"
int pyw_pythonhome_is_supported(const char *series);

int pyw_pythonhome_is_free_threaded(const char *series);

/* "3.11" -> "<directory>/pywsgi_cpython311.so". */
const char *pyw_pythonhome_engine(apr_pool_t *pool, const char *directory, const char *series);

#endif
