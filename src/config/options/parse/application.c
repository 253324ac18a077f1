/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/application.h"

#include <apr_strings.h>
#include <string.h>

#include "config/options/parse/lines.h"

const char *pyw_option_application_text(apr_pool_t *pool, const pyw_application_option *application)
{
    return apr_psprintf(pool, "%d,%d,%d\n%s\n%s\n%s", application->is_module != 0, application->group_is_default != 0,
                        application->reloading != 0, application->target, application->callable, application->group);
}

const pyw_application_option *pyw_option_application(apr_pool_t *pool, const char *text)
{
    enum { FLAGS, TARGET, CALLABLE, GROUP, COUNT };
    pyw_application_option *application = apr_pcalloc(pool, sizeof(*application));
    char *lines[COUNT];

    if (!pyw_option_cut_lines(apr_pstrdup(pool, text), lines, COUNT) || strlen(lines[FLAGS]) != 5) {
        return NULL;
    }
    application->is_module = lines[FLAGS][0] == '1';
    application->group_is_default = lines[FLAGS][2] == '1';
    application->reloading = lines[FLAGS][4] == '1';
    application->target = lines[TARGET];
    application->callable = lines[CALLABLE];
    application->group = lines[GROUP];
    return application;
}
