/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/settings.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "config/options/parse/value.h"

apr_table_t *pyw_settings_pairs(const pyw_settings *settings, apr_pool_t *pool)
{
    apr_table_t *pairs = apr_table_make(pool, 4);

    apr_table_setn(pairs, "settings.socket-directory", settings->socket_directory);
    apr_table_setn(pairs, "settings.httpd-uid", apr_psprintf(pool, "%lu", (unsigned long)settings->httpd_uid));
    apr_table_setn(pairs, "settings.server-name", settings->server_name);
    if (settings->httpd != NULL) {
        apr_table_setn(pairs, "settings.httpd", settings->httpd);
    }
    apr_table_setn(pairs, "settings.log-level", apr_itoa(pool, settings->log_level));
    return pairs;
}

const char *pyw_settings_restore(pyw_settings *settings, apr_pool_t *pool, const char *name, const char *value)
{
    long long number = 0;

    if (strcmp(name, "settings.socket-directory") == 0 && *value == '/') {
        settings->socket_directory = apr_pstrdup(pool, value);
        return NULL;
    }
    if (strcmp(name, "settings.server-name") == 0) {
        settings->server_name = apr_pstrdup(pool, value);
        return NULL;
    }
    if (strcmp(name, "settings.httpd") == 0) {
        settings->httpd = apr_pstrdup(pool, value);
        return NULL;
    }
    if (!pyw_value_number(value, 10, &number) || number < 0 || number > 0xfffffffeLL) {
        return apr_psprintf(pool, "'%s' cannot be '%s'", name, value);
    }
    if (strcmp(name, "settings.httpd-uid") == 0) {
        settings->httpd_uid = (uid_t)number;
    }
    else if (strcmp(name, "settings.log-level") == 0) {
        settings->log_level = (int)number;
    }
    else {
        return apr_psprintf(pool, "unknown setting '%s'", name);
    }
    return NULL;
}
