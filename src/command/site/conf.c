/* SPDX-License-Identifier: Apache-2.0 */
#include "command/site/conf.h"

#include "command/site/conf_text.h"

/* An option of WSGIDaemonProcess in a line of its own. */
static void write_option(FILE *out, const char *indent, const char *name, const char *value)
{
    if (value != NULL) {
        fprintf(out, " \\\n%s   ", indent);
        pyw_conf_write_pair(out, name, value);
    }
}

static void write_number(FILE *out, const char *name, long value)
{
    if (value > 0) {
        fprintf(out, " %s=%ld", name, value);
    }
}

void pyw_conf_write_groups(FILE *out, const char *indent, const pyw_site *site, const char *more)
{
    for (int i = 0; i < site->applications->nelts; i++) {
        const pyw_site_application *application = &APR_ARRAY_IDX(site->applications, i, pyw_site_application);

        fprintf(out, "%sWSGIDaemonProcess %s%s", indent, application->group, more);
        write_number(out, "processes", site->processes);
        write_number(out, "threads", site->threads);
        write_option(out, indent, "home=", site->project);
        write_option(out, indent, "python-path=", site->project);
        write_option(out, indent, "python-home=", site->python_home);
        write_option(out, indent, "env=DJANGO_SETTINGS_MODULE=", site->settings);
        for (int j = 0; j < site->env_files->nelts; j++) {
            write_option(out, indent, "env-file=", APR_ARRAY_IDX(site->env_files, j, const char *));
        }
        fputc('\n', out);
    }
}

static void write_static(FILE *out, const char *indent, const pyw_site_static *files)
{
    fprintf(out, "%sAlias", indent);
    pyw_conf_write_argument(out, files->path);
    pyw_conf_write_argument(out, files->directory);
    fprintf(out, "\n%s<Directory", indent);
    pyw_conf_write_argument(out, files->directory);
    fprintf(out, ">\n%s    Require all granted\n%s</Directory>\n", indent, indent);
}

void pyw_conf_write_aliases(FILE *out, const char *indent, const pyw_site *site)
{
    for (int i = 0; i < site->statics->nelts; i++) {
        write_static(out, indent, &APR_ARRAY_IDX(site->statics, i, pyw_site_static));
    }
    for (int i = 0; i < site->applications->nelts; i++) {
        const pyw_site_application *application = &APR_ARRAY_IDX(site->applications, i, pyw_site_application);

        fprintf(out, "%sWSGIAppAlias", indent);
        pyw_conf_write_argument(out, application->path);
        fprintf(out, " %s process-group=%s application-group=%%{GLOBAL}\n", application->callable, application->group);
    }
}
