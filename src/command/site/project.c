/* SPDX-License-Identifier: Apache-2.0 */
#include "command/site/project.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os/regular_file.h"

#define SETTINGS "DJANGO_SETTINGS_MODULE"
#define NAMES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

enum { FILE_MOST = 64 * 1024 };

static int is_venv(apr_pool_t *pool, const char *directory)
{
    return access(apr_pstrcat(pool, directory, "/pyvenv.cfg", NULL), R_OK) == 0;
}

const char *pyw_project_venv(apr_pool_t *pool, const char *project)
{
    static const char *const names[] = {"/.venv", "/venv"};
    const char *active = getenv("VIRTUAL_ENV");

    if (active != NULL && *active != '\0') {
        return active;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *directory = apr_pstrcat(pool, project, names[i], NULL);

        if (is_venv(pool, directory)) {
            return directory;
        }
    }
    return NULL;
}

/* The string after the name in: os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings") */
static const char *read_settings(apr_pool_t *pool, const char *path)
{
    char *text = apr_palloc(pool, FILE_MOST);
    const char *at;

    (void)pyw_regular_file_read(text, FILE_MOST, path);
    at = strstr(text, SETTINGS);
    at = at != NULL ? at + strlen(SETTINGS) : "";
    at += strspn(at, "\"'], =\n\t");
    return strspn(at, NAMES) > 0 ? apr_pstrndup(pool, at, strspn(at, NAMES)) : NULL;
}

/* Looks for wsgi.py in the package of the settings, and then in the packages around it. */
static const char *find_wsgi(apr_pool_t *pool, const char *project, const char *settings)
{
    char *package = apr_pstrdup(pool, settings);
    char *dot;

    while ((dot = strrchr(package, '.')) != NULL) {
        char *path;

        *dot = '\0';
        path = apr_pstrcat(pool, package, NULL);
        for (char *at = path; *at != '\0'; at++) {
            *at = *at == '.' ? '/' : *at;
        }
        if (access(apr_pstrcat(pool, project, "/", path, "/wsgi.py", NULL), R_OK) == 0) {
            return apr_pstrcat(pool, package, ".wsgi:application", NULL);
        }
    }
    return "django.core.wsgi:get_wsgi_application()";
}

const char *pyw_project_django(apr_pool_t *pool, const char *project, const char **settings, const char **callable)
{
    const char *active = getenv(SETTINGS);

    *settings = active != NULL && *active != '\0' && active[strspn(active, NAMES)] == '\0'
                    ? active
                    : read_settings(pool, apr_pstrcat(pool, project, "/manage.py", NULL));
    if (*settings == NULL) {
        return "--django: there is no manage.py here that sets " SETTINGS;
    }
    *callable = find_wsgi(pool, project, *settings);
    return NULL;
}
