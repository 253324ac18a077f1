/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CHECK_H
#define PYW_CHECK_H

/*
 * The parts of pyw_config_check. Each checks one aspect, logs an error for each problem and returns 0 if there was one.
 * They run in httpd's parent, after the whole configuration has been read.
 */

#include "config/pyw_config.h"

typedef struct pyw_check {
    apr_pool_t *pool; /* pconf: the results are kept */
    server_rec *server;
} pyw_check;

/* "%s: %s" with the place of the group's definition. Returns 0. */
int pyw_check_group_error(const pyw_group *group, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Users, directories, Python environment, socket path of one group. Fills in the group. */
int pyw_check_group(pyw_check *check, pyw_group *group);

/* The engine's file for a prefix or virtual environment (NULL: the Python this was built with); NULL and *error. */
const char *pyw_check_engine(apr_pool_t *pool, const char *python_home, const char **error);

/* Gives each group, and the embedded mode, the scripts of WSGIImportScript. */
int pyw_check_imports(pyw_check *check);

/* Checks groups with threads=0: they need a program, and must not have options for requests. */
int pyw_check_services(void);

/* Whether `use` may name this group. Only WSGIImportScript may name a group with threads=0. */
int pyw_check_service_use(const pyw_group_use *use, const pyw_group *group);

/* Gives each group the applications that are known to run in it. */
void pyw_check_preload(pyw_check *check);

#endif
