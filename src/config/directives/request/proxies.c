/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/request/proxies.h"

#include <apr_network_io.h>
#include <apr_strings.h>
#include <string.h>

#include "config/config.h"
#include "config/directives/directives.h"
#include "config/proxy_headers.h"

/* Accepts the same forms as Require ip: "10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.", "2001:db8::/32", "::1". */
static const char *add_proxy(cmd_parms *cmd, apr_array_header_t *proxies, const char *text)
{
    char *address = apr_pstrdup(cmd->pool, text);
    char *mask = strchr(address, '/');
    apr_ipsubnet_t *subnet;

    if (mask) {
        *mask++ = '\0';
    }
    if (apr_ipsubnet_create(&subnet, address, mask, cmd->pool) != APR_SUCCESS) {
        return apr_psprintf(cmd->pool,
                            "%s: '%s' is neither an IP address nor a subnet such as 10.0.0.0/8 or 2001:db8::/32",
                            cmd->cmd->name, text);
    }
    APR_ARRAY_PUSH(proxies, const apr_ipsubnet_t *) = subnet;
    return NULL;
}

/* As in mod_wsgi, a header that is not known does not prevent the start. */
static const char *add_header(cmd_parms *cmd, apr_array_header_t *headers, const char *name)
{
    const pyw_proxy_header *header = pyw_proxy_header_find(name);
    const char *similar = header ? NULL : pyw_proxy_header_suggest(name);

    if (header) {
        APR_ARRAY_PUSH(headers, const pyw_proxy_header *) = header;
        return NULL;
    }
    pyw_directive_warn(cmd, apr_psprintf(cmd->pool, "%s: header '%s' is not known and has no effect%s%s%s",
                                         cmd->cmd->name, name, similar ? "; did you mean '" : "",
                                         similar ? similar : "", similar ? "'?" : ""));
    return NULL;
}

typedef const char *add_function(cmd_parms *cmd, apr_array_header_t *list, const char *word);

/* An empty list is valid, and differs from an unset list: nothing is trusted. */
static const char *add_words(cmd_parms *cmd, apr_array_header_t **list, const char *args, add_function *add)
{
    const char *error = NULL;

    if (!*list) {
        *list = apr_array_make(cmd->pool, 4, sizeof(void *));
    }
    if (!*args) {
        pyw_directive_warn(cmd, apr_psprintf(cmd->pool, "%s names nothing, so nothing is trusted", cmd->cmd->name));
    }
    while (!error && *args) {
        error = add(cmd, *list, ap_getword_conf(cmd->pool, &args));
    }
    return error;
}

const char *pyw_directive_trusted_proxies(cmd_parms *cmd, void *dir, const char *args)
{
    return add_words(cmd, &((pyw_dir_config *)dir)->trusted_proxies, args, add_proxy);
}

const char *pyw_directive_trusted_proxy_headers(cmd_parms *cmd, void *dir, const char *args)
{
    return add_words(cmd, &((pyw_dir_config *)dir)->trusted_proxy_headers, args, add_header);
}
