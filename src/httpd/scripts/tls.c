/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/scripts/tls.h"

#include <apr_optional.h>
#include <apr_strings.h>
#include <http_config.h>
#include <mod_ssl.h>
#include <string.h>

/* pywsgi/_scripts.py turns these arguments into mod_ssl.is_https and mod_ssl.var_lookup. */
#define PREFIX "pywsgi.call.tls."

static APR_OPTIONAL_FN_TYPE(ssl_is_https) * is_https;
static APR_OPTIONAL_FN_TYPE(ssl_var_lookup) * look_up;

static const char *const names_of_connection[] = {
    "HTTPS",
    "SSL_PROTOCOL",
    "SSL_CIPHER",
    "SSL_CIPHER_USEKEYSIZE",
    "SSL_CIPHER_ALGKEYSIZE",
    "SSL_TLS_SNI",
    "SSL_SESSION_ID",
    "SSL_SESSION_RESUMED",
    "SSL_SECURE_RENEG",
    "SSL_CLIENT_VERIFY",
    "SSL_SERVER_S_DN",
    "SSL_SERVER_S_DN_CN",
    "SSL_VERSION_LIBRARY",
    NULL,
};

/* Variables that exist only if the client has a certificate. */
static const char *const names_of_client[] = {
    "SSL_CLIENT_M_VERSION", "SSL_CLIENT_M_SERIAL", "SSL_CLIENT_V_START",          "SSL_CLIENT_V_END",
    "SSL_CLIENT_V_REMAIN",  "SSL_CLIENT_S_DN",     "SSL_CLIENT_S_DN_C",           "SSL_CLIENT_S_DN_ST",
    "SSL_CLIENT_S_DN_L",    "SSL_CLIENT_S_DN_O",   "SSL_CLIENT_S_DN_OU",          "SSL_CLIENT_S_DN_CN",
    "SSL_CLIENT_S_DN_T",    "SSL_CLIENT_S_DN_I",   "SSL_CLIENT_S_DN_G",           "SSL_CLIENT_S_DN_S",
    "SSL_CLIENT_S_DN_D",    "SSL_CLIENT_S_DN_UID", "SSL_CLIENT_S_DN_Email",       "SSL_CLIENT_SAN_Email_0",
    "SSL_CLIENT_SAN_DNS_0", "SSL_CLIENT_I_DN",     "SSL_CLIENT_I_DN_C",           "SSL_CLIENT_I_DN_O",
    "SSL_CLIENT_I_DN_OU",   "SSL_CLIENT_I_DN_CN",  "SSL_CLIENT_I_DN_Email",       "SSL_CLIENT_A_SIG",
    "SSL_CLIENT_A_KEY",     "SSL_CLIENT_CERT",     "SSL_CLIENT_CERT_RFC4523_CEA", NULL,
};

static const char *ssl_variable(request_rec *r, const char *name)
{
    return look_up(r->pool, r->server, r->connection, r, apr_pstrdup(r->pool, name));
}

static void add_variables(apr_table_t *arguments, request_rec *r, const char *const *names)
{
    for (; *names; names++) {
        const char *value = ssl_variable(r, *names);

        if (value && *value) {
            apr_table_setn(arguments, apr_pstrcat(r->pool, PREFIX, *names, NULL), value);
        }
    }
}

void pyw_tls_add_variables(apr_table_t *arguments, request_rec *r)
{
    const char *verified;

    if (!is_https || !look_up || !is_https(r->connection)) {
        return;
    }
    add_variables(arguments, r, names_of_connection);
    verified = ssl_variable(r, "SSL_CLIENT_VERIFY");
    if (verified && strcmp(verified, "NONE") != 0) {
        add_variables(arguments, r, names_of_client);
    }
}

static void find_mod_ssl(void)
{
    is_https = APR_RETRIEVE_OPTIONAL_FN(ssl_is_https);
    look_up = APR_RETRIEVE_OPTIONAL_FN(ssl_var_lookup);
}

void pyw_tls_register(void)
{
    ap_hook_optional_fn_retrieve(find_mod_ssl, NULL, NULL, APR_HOOK_MIDDLE);
}
