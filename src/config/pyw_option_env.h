/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_OPTION_ENV_H
#define PYW_OPTION_ENV_H

/* env= and env-file= of WSGIDaemonProcess. Part of pyw_options. */

#include <apr_pools.h>
#include <apr_tables.h>

/* Appends "NAME=value" to `env` (of const char *). NULL, or what is wrong with it. */
const char *pyw_option_env_add(apr_array_header_t *env, apr_pool_t *pool, const char *setting);

/*
 * Appends the settings of a file: one NAME=value on a line, blank lines and those that begin with # are left out, a
 * leading "export " and quotes around the whole value are taken off. NULL, or what is wrong, with file and line.
 */
const char *pyw_option_env_file(apr_array_header_t *env, apr_pool_t *pool, const char *path);

#endif
