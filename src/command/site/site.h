/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SITE_SITE_H
#define PYW_COMMAND_SITE_SITE_H

/*
 * A site, as the command lines of `pywsgi serve` and `pywsgi vhost` describe it: applications, static files, and the
 * processes that run them. All texts are valid in a line of httpd's configuration (site/conf_text.h), all paths are
 * absolute.
 */

#include <apr_pools.h>
#include <apr_tables.h>

#include "command/verb.h"

typedef struct pyw_site_application {
    const char *path;     /* of the URL: "/", "/admin" */
    const char *callable; /* "blog:app", as WSGIAppAlias takes it */
    const char *group;    /* the name of its process group, unique */
} pyw_site_application;

typedef struct pyw_site_static {
    const char *path;
    const char *directory;
} pyw_site_static;

typedef struct pyw_site {
    const char *group;                /* the name of the first process group; NULL: that of its module */
    const char *project;              /* the directory of the application's modules */
    const char *python_home;          /* a virtual environment; NULL: the default Python */
    const char *settings;             /* DJANGO_SETTINGS_MODULE; NULL: none */
    apr_array_header_t *applications; /* pyw_site_application; longer paths first, as aliases have to be */
    apr_array_header_t *statics;      /* pyw_site_static; longer paths first */
    apr_array_header_t *env_files;    /* const char * */
    long processes, threads;          /* 0: the defaults of WSGIDaemonProcess */
} pyw_site;

/* The options that pyw_site_read reads. */
#define PYW_SITE_OPTIONS                                                                                               \
    {"project", "DIR", "the directory of the application; default: the current one"},                                  \
        {"venv", "DIR", "the virtual environment; default: VIRTUAL_ENV, or .venv or venv in the project"},             \
        {"django", NULL, "serve the Django site of manage.py"},                                                        \
        {"mount", "/PATH=APP", "a further application below a path; may be repeated"},                                 \
        {"static", "/PATH=DIR", "a directory of static files; may be repeated"},                                       \
        {"env-file", "FILE", "a file with a NAME=value in each line; may be repeated"},                                \
        {"processes", "N", "the processes of each application"},                                                       \
    {                                                                                                                  \
        "threads", "N", "the threads of each process"                                                                  \
    }

/*
 * Fills the site from the options and the operand. `group` names the process groups, with a number from the second one
 * on; NULL: the module of each application does. Returns NULL; or an error text from the call's pool, which is empty if
 * an error was printed.
 */
const char *pyw_site_read(pyw_site *site, const pyw_call *call, const char *group);

#endif
