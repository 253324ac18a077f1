/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SITE_PROJECT_H
#define PYW_COMMAND_SITE_PROJECT_H

/* Looks into the directory of a project. No code of the project is run. Results are from the pool. */

#include <apr_pools.h>

/* The active virtual environment (VIRTUAL_ENV), or .venv or venv in the project; NULL: none. */
const char *pyw_project_venv(apr_pool_t *pool, const char *project);

/*
 * Sets *settings and *callable to the settings module that manage.py sets, or that of the environment variable
 * DJANGO_SETTINGS_MODULE, and to the application of the wsgi.py beside it. Returns NULL, or an error text.
 */
const char *pyw_project_django(apr_pool_t *pool, const char *project, const char **settings, const char **callable);

#endif
