/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_DOCTOR_VISIT_H
#define PYW_HTTPD_DOCTOR_VISIT_H

/*
 * A simulated request for the URL of an alias: httpd's own walk through the configuration finds the application, its
 * process group, and whether access rules refuse the request. In httpd's parent, during configtest.
 */

#include "config/config.h"

typedef struct pyw_visit {
    int is_done;             /* 0: the request could not be simulated, and the other members are unset */
    int status;              /* OK, or the status of the response: 403, 404 ... */
    int lacks_execcgi;       /* a script without an alias, in a directory without Options ExecCGI: 403 */
    int is_embedded_unasked; /* no directive selects a process group, or embedded mode explicitly */
    char group[256];         /* the process group; "": embedded; "%...": it depends on the request */
    char application_group[512];
    int application_group_is_default;
    char callable[256];
    char target[1024];   /* the script or the module */
    char obstacle[1024]; /* the directory that httpd's User may not enter; "": none */
} pyw_visit;

/*
 * A URL that the alias serves: its prefix, or for WSGIScriptAliasMatch the literal beginning of the pattern, if the
 * pattern matches it and the target is the same for all URLs. NULL: none is known, and the alias cannot be visited.
 */
const char *pyw_visit_url(apr_pool_t *pool, const pyw_alias *alias);

/* `alias`: without a pattern. Runs in a process of its own as httpd's User, logs nothing, and takes at most some
 * seconds. */
void pyw_visit_alias(apr_pool_t *pool, server_rec *server, const pyw_alias *alias, pyw_visit *visit);

/* Whether httpd's User may reach `path`. If not, *text is the reason with its remedy. */
int pyw_visit_path(const char *path, char *text, size_t size);

#endif
