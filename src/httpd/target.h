/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_TARGET_H
#define PYW_HTTPD_TARGET_H

/*
 * Which application serves a request, and where it runs: the mount, the directory configuration and the %{...}
 * forms of WSGIProcessGroup, WSGIApplicationGroup and WSGICallableObject brought together. All in r->pool.
 */

#include <httpd.h>

#include "config/config.h"
#include "httpd/timing.h"
#include "wsgi/engine.h"

typedef struct pyw_target {
    const pyw_dir_config *config;
    const pyw_group *group; /* NULL: embedded */
    pyw_application_spec spec;
    pyw_timing timing; /* the handler's */
    int pass_authorization;
    const char *script_name; /* decoded; SCRIPT_NAME + PATH_INFO is r->uri, but for slashes */
    const char *path_info;   /* never NULL */
} pyw_target;

/*
 * `alias`: that of the request's mount, or NULL. OK, or the status that the request is to be answered with; the reason
 * has been logged.
 */
int pyw_target_resolve(request_rec *r, const pyw_alias *alias, pyw_target *target);

/*
 * What would be different by way of `alias`, where `config` holds: "the callable 'x' instead of 'y'". NULL: nothing. A
 * group's name stands for its user, too. %{RESOURCE} counts as the same for both.
 */
const char *pyw_target_difference(request_rec *r, const pyw_target *target, const pyw_alias *alias,
                                  const pyw_dir_config *config);

#endif
