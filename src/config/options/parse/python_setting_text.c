/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/python_setting_text.h"

#include <apr_strings.h>
#include <string.h>

const char *pyw_option_python_setting_text(apr_pool_t *pool, const pyw_python_setting *setting)
{
    const char *group = setting->application_group;

    return apr_psprintf(pool, "%d\n%s\n%s\n%s", group != NULL, group != NULL ? group : "", setting->name,
                        setting->value);
}

const pyw_python_setting *pyw_option_python_setting(apr_pool_t *pool, const char *text)
{
    pyw_python_setting *setting = apr_pcalloc(pool, sizeof(*setting));
    char *copy = apr_pstrdup(pool, text);
    char *group = strchr(copy, '\n');
    char *name = group != NULL ? strchr(group + 1, '\n') : NULL;
    char *value = name != NULL ? strchr(name + 1, '\n') : NULL;

    if (value == NULL) {
        return NULL;
    }
    *group++ = *name++ = *value++ = '\0';
    setting->application_group = strcmp(copy, "1") == 0 ? group : NULL;
    setting->name = name;
    setting->value = value;
    return setting;
}

const pyw_python_setting *pyw_option_python_settings(apr_pool_t *pool, const apr_array_header_t *list)
{
    pyw_python_setting *settings = apr_pcalloc(pool, sizeof(*settings) * ((size_t)list->nelts + 1));

    for (int i = 0; i < list->nelts; i++) {
        settings[i] = *APR_ARRAY_IDX(list, i, const pyw_python_setting *);
    }
    return settings;
}
