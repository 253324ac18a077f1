/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CHECK_GROUP_H
#define PYW_CONFIG_CHECK_GROUP_H

/*
 * The checks of one group, a part of pyw_config_check. Like its other parts, these checks log an error for each problem
 * and return 0 if there was a problem. In httpd's parent, after the whole configuration has been read.
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

/*
 * The file of the engine for a prefix or virtual environment. If `python_home` is NULL, or Python cannot start there,
 * for the reason *problem (NULL: none), the engine of the Python that the module was built with. Returns NULL and sets
 * *error if there is no engine.
 */
const char *pyw_check_engine(apr_pool_t *pool, const char *python_home, const char **problem, const char **error);

#endif
