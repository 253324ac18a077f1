/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/python_settings.h"

#include <apr_strings.h>
#include <string.h>

#include "config/options/parse/python_setting_text.h"

/* Sections have at most two selectors. */
enum { SPECIFICITY_MOST = 3 };

static int applies_to(const pyw_scoped_setting *scoped, const char *process_group)
{
    return !scoped->process_group || strcmp(scoped->process_group, process_group) == 0;
}

/* Adds the settings of a process, the most specific last. */
static void add_settings(apr_array_header_t *list, const char *process_group)
{
    const apr_array_header_t *all = pyw_config_main()->python_settings;

    for (int specificity = 0; specificity <= SPECIFICITY_MOST; specificity++) {
        for (int i = 0; i < all->nelts; i++) {
            const pyw_scoped_setting *scoped = &APR_ARRAY_IDX(all, i, const pyw_scoped_setting);

            if (scoped->specificity == specificity && applies_to(scoped, process_group)) {
                APR_ARRAY_PUSH(list, const pyw_python_setting *) = &scoped->setting;
            }
        }
    }
}

static void add_option(apr_pool_t *pool, apr_array_header_t *list, const char *name, const char *value)
{
    pyw_python_setting *setting;

    if (value) {
        setting = apr_pcalloc(pool, sizeof(*setting));
        setting->name = name;
        setting->value = value;
        APR_ARRAY_PUSH(list, const pyw_python_setting *) = setting;
    }
}

static void set_up_group(apr_pool_t *pool, pyw_group_options *options)
{
    apr_array_header_t *list = options->worker.python_settings;

    add_option(pool, list, "python-eggs", options->httpd.python_eggs);
    add_option(pool, list, "switch-interval", options->httpd.switch_interval);
    add_option(pool, list, "server-metrics", options->httpd.server_metrics ? "On" : NULL);
    add_settings(list, options->name);
}

static const pyw_python_setting *embedded_settings(apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 4, sizeof(const pyw_python_setting *));

    add_settings(list, "");
    return pyw_option_python_settings(pool, list);
}

static int is_group(const char *name)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;

    for (int i = 0; i < groups->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(groups, i, const pyw_group *)->options->name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Warns of sections for process groups that do not exist. */
static void warn_of_sections(apr_pool_t *pool)
{
    const apr_array_header_t *all = pyw_config_main()->python_settings;
    const char *last = NULL; /* a section has an entry for each directive */

    for (int i = 0; i < all->nelts; i++) {
        const pyw_scoped_setting *scoped = &APR_ARRAY_IDX(all, i, const pyw_scoped_setting);

        if (scoped->place && scoped->place != last && scoped->process_group && *scoped->process_group &&
            !is_group(scoped->process_group)) {
            APR_ARRAY_PUSH(pyw_config_main()->warnings, const char *) = apr_psprintf(
                pool,
                "%s: <WSGIInterpreterOptions process-group=%s> has no effect: there is no WSGIDaemonProcess "
                "of that name",
                scoped->place, scoped->process_group);
        }
        last = scoped->place;
    }
}

void pyw_check_python_settings(pyw_check *check)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;

    warn_of_sections(check->pool);
    for (int i = 0; i < groups->nelts; i++) {
        set_up_group(check->pool, APR_ARRAY_IDX(groups, i, pyw_group *)->options);
    }
    pyw_config_main()->embedded_settings = embedded_settings(check->pool);
    pyw_config_main()->server_metrics =
        strcmp(pyw_python_setting_get(pyw_config_main()->embedded_settings, "server-metrics"), "On") == 0;
}
