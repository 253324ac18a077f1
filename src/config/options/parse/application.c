/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/application.h"

#include <apr_strings.h>
#include <string.h>

const char *pyw_option_application_text(apr_pool_t *pool, const pyw_application_option *application)
{
    return apr_psprintf(pool, "%d,%d,%d\n%s\n%s\n%s", application->is_module != 0, application->group_is_default != 0,
                        application->reloading != 0, application->target, application->callable, application->group);
}

const pyw_application_option *pyw_option_application(apr_pool_t *pool, const char *text)
{
    pyw_application_option *application = apr_pcalloc(pool, sizeof(*application));
    char *copy = apr_pstrdup(pool, text);
    char *target = strchr(copy, '\n');
    char *callable = target != NULL ? strchr(target + 1, '\n') : NULL;
    char *group = callable != NULL ? strchr(callable + 1, '\n') : NULL;

    if (group == NULL || target - copy != 5) {
        return NULL;
    }
    *target++ = *callable++ = *group++ = '\0';
    application->is_module = copy[0] == '1';
    application->group_is_default = copy[2] == '1';
    application->reloading = copy[4] == '1';
    application->target = target;
    application->callable = callable;
    application->group = group;
    return application;
}
