/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SITE_VHOST_CONF_H
#define PYW_COMMAND_SITE_VHOST_CONF_H

/* The virtual host of a site in the httpd of the system, for `pywsgi vhost`. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdio.h>

#include "command/site/site.h"

typedef enum {
    PYW_VHOST_HTTP,    /* no TLS */
    PYW_VHOST_MD,      /* mod_md gets the certificate */
    PYW_VHOST_CERTBOT, /* certbot has got it */
    PYW_VHOST_FILES,
} pyw_vhost_tls;

typedef struct pyw_vhost_conf {
    pyw_site site;
    const char *name;                  /* ServerName */
    const apr_array_header_t *aliases; /* const char * */
    const char *user, *group;          /* of the workers; NULL: httpd's */
    pyw_vhost_tls tls;
    const char *certificate, *key; /* for PYW_VHOST_FILES */
    const char *email;             /* for PYW_VHOST_MD */
    const char *logs;              /* the directory of httpd's logs, as httpd reads it */
} pyw_vhost_conf;

void pyw_vhost_conf_write(FILE *out, apr_pool_t *pool, const pyw_vhost_conf *conf);

#endif
