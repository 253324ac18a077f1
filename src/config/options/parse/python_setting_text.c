/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/python_setting_text.h"

#include <apr_strings.h>
#include <string.h>

#include "config/options/parse/lines.h"

const char *pyw_option_python_setting_text(apr_pool_t *pool, const pyw_python_setting *setting)
{
    const char *group = setting->application_group;

    return apr_psprintf(pool, "%d\n%s\n%s\n%s", group != NULL, group != NULL ? group : "", setting->name,
                        setting->value);
}

const pyw_python_setting *pyw_option_python_setting(apr_pool_t *pool, const char *text)
{
    enum { HAS_GROUP, GROUP, NAME, VALUE, COUNT };
    pyw_python_setting *setting = apr_pcalloc(pool, sizeof(*setting));
    char *lines[COUNT];

    if (!pyw_option_cut_lines(apr_pstrdup(pool, text), lines, COUNT)) {
        return NULL;
    }
    setting->application_group = strcmp(lines[HAS_GROUP], "1") == 0 ? lines[GROUP] : NULL;
    setting->name = lines[NAME];
    setting->value = lines[VALUE];
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
