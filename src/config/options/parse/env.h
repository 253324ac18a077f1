/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PARSE_ENV_H
#define PYW_CONFIG_OPTIONS_PARSE_ENV_H

/* env= and env-file= of WSGIDaemonProcess, whose values are kept in httpd.secrets. Part of pyw_options. */

#include <apr_pools.h>
#include <apr_tables.h>

#include "config/options/group_options.h"

/* Appends "NAME=value" to worker.env. NULL, or an error message. */
const char *pyw_option_env_add(pyw_group_options *options, apr_pool_t *pool, const char *setting);

/*
 * Appends the settings of a file: one NAME=value per line. Blank lines and lines that begin with # are ignored; a
 * leading "export " and quotes around the whole value are removed. NULL, or an error message with file and line.
 */
const char *pyw_option_env_file(pyw_group_options *options, apr_pool_t *pool, const char *path);

#endif
