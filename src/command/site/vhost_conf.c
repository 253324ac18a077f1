/* SPDX-License-Identifier: Apache-2.0 */
#include "command/site/vhost_conf.h"

#include <apr_strings.h>

#include "command/site/conf.h"
#include "command/site/conf_text.h"

static void write_directive(FILE *out, const char *name, const char *value)
{
    fprintf(out, "    %s", name);
    pyw_conf_write_argument(out, value);
    fputc('\n', out);
}

static void write_names(FILE *out, const pyw_vhost_conf *conf)
{
    fprintf(out, "    ServerName %s\n", conf->name);
    for (int i = 0; i < conf->aliases->nelts; i++) {
        fprintf(out, "    ServerAlias %s\n", APR_ARRAY_IDX(conf->aliases, i, const char *));
    }
}

static void write_logs(FILE *out, apr_pool_t *pool, const pyw_vhost_conf *conf)
{
    write_directive(out, "ErrorLog", apr_pstrcat(pool, conf->logs, "/", conf->name, "-error.log", NULL));
    fputs("    CustomLog", out);
    pyw_conf_write_argument(out, apr_pstrcat(pool, conf->logs, "/", conf->name, "-access.log", NULL));
    fputs(" \"%h %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\"\n", out);
}

/* The host on port 80 of a site with TLS. certbot writes its challenges there; mod_md answers them itself. */
static void write_redirect(FILE *out, apr_pool_t *pool, const pyw_vhost_conf *conf)
{
    fputs("<VirtualHost *:80>\n", out);
    write_names(out, conf);
    write_logs(out, pool, conf);
    fprintf(out,
            "    RedirectMatch permanent \"^/(?!\\.well-known/acme-challenge/)(.*)\" \"https://%s/$1\"\n"
            "</VirtualHost>\n\n",
            conf->name);
}

static void write_tls(FILE *out, apr_pool_t *pool, const pyw_vhost_conf *conf)
{
    const char *live = apr_pstrcat(pool, "/etc/letsencrypt/live/", conf->name, NULL);

    fputs("    SSLEngine On\n", out);
    if (conf->tls == PYW_VHOST_CERTBOT) {
        write_directive(out, "SSLCertificateFile", apr_pstrcat(pool, live, "/fullchain.pem", NULL));
        write_directive(out, "SSLCertificateKeyFile", apr_pstrcat(pool, live, "/privkey.pem", NULL));
    }
    else if (conf->tls == PYW_VHOST_FILES) {
        write_directive(out, "SSLCertificateFile", conf->certificate);
        write_directive(out, "SSLCertificateKeyFile", conf->key);
    }
    fputs("    Protocols h2 http/1.1\n", out);
}

static void write_site(FILE *out, apr_pool_t *pool, const pyw_vhost_conf *conf)
{
    const char *more = "";

    more = conf->user != NULL ? apr_pstrcat(pool, more, " user=", conf->user, NULL) : more;
    more = conf->group != NULL ? apr_pstrcat(pool, more, " group=", conf->group, NULL) : more;
    fprintf(out, "<VirtualHost *:%d>\n", conf->tls == PYW_VHOST_HTTP ? 80 : 443);
    write_names(out, conf);
    write_logs(out, pool, conf);
    if (conf->tls != PYW_VHOST_HTTP) {
        write_tls(out, pool, conf);
    }
    fputc('\n', out);
    pyw_conf_write_groups(out, "    ", &conf->site, more);
    pyw_conf_write_aliases(out, "    ", &conf->site);
    fputs("</VirtualHost>\n", out);
}

static void write_managed_domain(FILE *out, const pyw_vhost_conf *conf)
{
    fprintf(out, "MDomain %s", conf->name);
    for (int i = 0; i < conf->aliases->nelts; i++) {
        fprintf(out, " %s", APR_ARRAY_IDX(conf->aliases, i, const char *));
    }
    fprintf(out, "\nMDCertificateAgreement accepted\nMDContactEmail %s\n\n", conf->email);
}

void pyw_vhost_conf_write(FILE *out, apr_pool_t *pool, const pyw_vhost_conf *conf)
{
    if (conf->tls == PYW_VHOST_MD) {
        write_managed_domain(out, conf);
    }
    if (conf->tls != PYW_VHOST_HTTP) {
        write_redirect(out, pool, conf);
    }
    write_site(out, pool, conf);
}
