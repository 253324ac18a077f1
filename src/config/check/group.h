/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_GROUP_H
#define PYW_CONFIG_CHECK_GROUP_H

/*
 * The checks of one group, a part of pyw_config_check. As its other parts, it logs an error for each problem and
 * returns 0 if there was one. In httpd's parent, after the whole configuration has been read.
 */

#include "config/config.h"

typedef struct pyw_check {
    apr_pool_t *pool; /* pconf: the results are kept */
    server_rec *server;
} pyw_check;

/* Users, directories, Python environment, socket path of one group. Fills in the group. */
int pyw_check_group(pyw_check *check, pyw_group *group);

/* "%s: %s" with the place of the group's definition. Returns 0. */
int pyw_check_group_error(const pyw_group *group, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Python cannot start there, but httpd can. */
int pyw_check_is_missing(const char *python_home);

/*
 * The engine's file for a prefix or virtual environment; NULL and *error. For NULL, and for a directory that does not
 * exist, that of the Python this was built with.
 */
const char *pyw_check_engine(apr_pool_t *pool, const char *python_home, const char **error);

#endif
