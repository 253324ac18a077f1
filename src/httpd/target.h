/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_TARGET_H
#define PYW_HTTPD_TARGET_H

/*
 * Determines the application of a request, its process group and its interpreter, from the mount, the directory
 * configuration and the %{...} forms of WSGIProcessGroup, WSGIApplicationGroup and WSGICallableObject. Allocates from
 * r->pool.
 */

#include <httpd.h>

#include "config/config.h"
#include "httpd/queue/refusal.h"
#include "httpd/timing.h"
#include "wsgi/engine.h"

/* The measurements of a request, for metrics. Times are microseconds of base/clock.h; 0: this did not happen. */
typedef struct pyw_measure {
    int64_t collected; /* the request body was read, as far as httpd stores it */
    int64_t begun;     /* a worker got the request; embedded: the application */
    int64_t ended;     /* ... and ended it; also 0 if httpd did not wait for the end */
    apr_uint64_t request_bytes;
    uint32_t worker;      /* its process id; 0: none, or embedded */
    uint32_t gil_wait_us; /* that the request waited for the GIL, as the worker said; UINT32_MAX: it still waits */
    int client_left;      /* before the response was complete */
    pyw_refusal refusal;
    struct pyw_series *series;     /* counts the request */
    struct pyw_board_entry *board; /* shows the request while it runs; NULL: it is not shown */
} pyw_measure;

typedef struct pyw_target {
    const pyw_dir_config *config;
    const char *process_group; /* "": embedded */
    const pyw_group *group;    /* that process group; NULL: embedded, or not selected yet */
    pyw_application_spec spec;
    const apr_table_t *arguments; /* spec.is_function: the keys of environ that hold its arguments; else NULL */
    pyw_timing timing;            /* set by the handler */
    pyw_measure measure;          /* set while the request is served */
    int pass_authorization;
    const char *script_name; /* decoded; SCRIPT_NAME + PATH_INFO is r->uri, except for repeated slashes */
    const char *path_info;   /* never NULL */
} pyw_target;

/* Determines the names. `alias`: the alias of the request's mount, or NULL. */
void pyw_target_resolve(request_rec *r, const pyw_alias *alias, pyw_target *target);

/* Like pyw_target_resolve, for the script of a handler. One interpreter serves all URLs of the handler by default. */
void pyw_target_resolve_handler(request_rec *r, const pyw_script *script, pyw_target *target);

/*
 * The value of a setting: expands %{GLOBAL}, %{RESOURCE} (of `script_name`), %{ENV:x} and similar forms. The value of
 * %{ENV:x} may be another form.
 */
const char *pyw_target_expand(request_rec *r, const char *text, const char *script_name);

/* Finds the process group of a resolved target. Returns OK, or the status of the response; logs the reason. */
int pyw_target_select(request_rec *r, pyw_target *target);

/*
 * Resolves and selects the target of a function of a script. `function` is the name in the Python module
 * pywsgi._scripts. The application group is the main interpreter unless the directive names another group.
 */
int pyw_target_select_function(request_rec *r, const pyw_script *script, const char *function, pyw_target *target);

/*
 * The first difference between `target` and a request by `alias` with the configuration `config`: "the callable 'x'
 * instead of 'y'". NULL: none. Users are not compared, because they belong to the group. %{RESOURCE} counts as equal.
 */
const char *pyw_target_difference(request_rec *r, const pyw_target *target, const pyw_alias *alias,
                                  const pyw_dir_config *config);

#endif
