/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CHECK_H
#define PYW_CHECK_H

/*
 * The parts of pyw_config_check. Each looks at one thing, logs an error for each finding and returns 0 if there was
 * one. In httpd's parent, once the whole configuration has been read.
 */

#include "config/pyw_config.h"

typedef struct pyw_check {
    apr_pool_t *pool; /* pconf: what is worked out stays */
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

/* Groups with threads=0: do they have a program, and none of the options that are about requests? */
int pyw_check_services(void);

/* May `use` name this group? One with threads=0 is for WSGIImportScript only. */
int pyw_check_service_use(const pyw_group_use *use, const pyw_group *group);

/* Gives each group the applications that are known to run in it. */
void pyw_check_preload(pyw_check *check);

#endif
