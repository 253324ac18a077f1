/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_SERVER_CONF_H
#define PYW_COMMAND_SERVE_SERVER_CONF_H

/* The configuration of the private httpd of `pywsgi serve`. */

#include <apr_pools.h>
#include <stdio.h>

#include "command/serve/installation.h"
#include "command/site/site.h"

/* Files in the private directory. */
#define PYW_SERVE_CONF "httpd.conf"
#define PYW_SERVE_ACCESS_LOG "access" /* pipes */
#define PYW_SERVE_ERROR_LOG "errors"
#define PYW_SERVE_CERTIFICATE "cert.pem"
#define PYW_SERVE_KEY "key.pem"

typedef struct pyw_serve_conf {
    pyw_site site;
    pyw_installation installation;
    const char *directory; /* the private one */
    const char *host;      /* an IPv6 address has its brackets; "": all addresses */
    long port;
    int has_tls;
    const char *certificate, *key; /* NULL with has_tls: the files in the private directory */
    const char *user, *group;      /* of httpd's children and the workers; NULL: the calling user */
    const char *ready;             /* the URL path of the readiness check; NULL: none */
    int reloads;                   /* when a module changes */
    long deadline;                 /* of a graceful stop, in seconds */
} pyw_serve_conf;

/* Reads "HOST:PORT", "HOST", ":PORT" or "PORT"; missing parts remain as they are. Returns 0 for other text. */
int pyw_serve_conf_read_address(pyw_serve_conf *conf, apr_pool_t *pool, const char *text);

void pyw_serve_conf_write(FILE *out, apr_pool_t *pool, const pyw_serve_conf *conf);

#endif
