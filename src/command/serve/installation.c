/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/installation.h"

#include <apr_strings.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Below the prefix of the program /PREFIX/sbin/httpd. */
static const char *const module_directories[] = {"/lib/apache2/modules", "/lib64/httpd/modules",
                                                 "/lib/httpd/modules",   "/modules",
                                                 "/libexec/apache2",     "/libexec",
                                                 "/lib64/apache2",       NULL};

static const char *find_program(apr_pool_t *pool)
{
    static const char *const names[] = {"httpd", "apache2"};
    static const char *const directories[] = {"/usr/sbin", "/usr/local/sbin", "/usr/local/apache2/bin", "/usr/bin",
                                              "/usr/local/bin"};

    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
            const char *path = apr_pstrcat(pool, directories[i], "/", names[j], NULL);

            if (access(path, X_OK) == 0) {
                return path;
            }
        }
    }
    return NULL;
}

static const char *directory_of(apr_pool_t *pool, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? apr_pstrndup(pool, path, (size_t)(slash - path)) : "";
}

/* Any httpd has one of the MPMs and mod_alias; they may be parts of the program, but hardly both. */
static int has_modules(apr_pool_t *pool, const char *directory)
{
    return access(apr_pstrcat(pool, directory, "/mod_alias.so", NULL), R_OK) == 0 ||
           access(apr_pstrcat(pool, directory, "/mod_mpm_event.so", NULL), R_OK) == 0;
}

static const char *find_modules(apr_pool_t *pool, const char *httpd)
{
    const char *prefix = directory_of(pool, directory_of(pool, httpd));

    for (int i = 0; module_directories[i] != NULL; i++) {
        const char *directory = apr_pstrcat(pool, prefix, module_directories[i], NULL);

        if (has_modules(pool, directory)) {
            return directory;
        }
    }
    return NULL;
}

static const char *find_pywsgi(apr_pool_t *pool, const char *modules)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    const char *path;

    program[length > 0 ? length : 0] = '\0';
    path = apr_pstrcat(pool, directory_of(pool, program), "/mod_pywsgi.so", NULL);
    if (access(path, R_OK) == 0) {
        return path;
    }
    path = apr_pstrcat(pool, modules, "/mod_pywsgi.so", NULL);
    return access(path, R_OK) == 0 ? path : NULL;
}

const char *pyw_installation_find(pyw_installation *found, apr_pool_t *pool, const char *httpd, const char *modules)
{
    found->httpd = httpd != NULL ? httpd : find_program(pool);
    if (found->httpd == NULL || access(found->httpd, X_OK) != 0) {
        return "httpd is not found; install it, or name it with --httpd PROGRAM";
    }
    found->modules = modules != NULL ? modules : find_modules(pool, found->httpd);
    if (found->modules == NULL) {
        return "the modules of httpd are not found; name their directory with --modules DIR";
    }
    found->pywsgi = find_pywsgi(pool, found->modules);
    if (found->pywsgi == NULL) {
        return apr_psprintf(pool, "mod_pywsgi.so is neither beside this program nor in %s", found->modules);
    }
    return NULL;
}

int pyw_installation_has(const pyw_installation *found, apr_pool_t *pool, const char *name)
{
    return access(apr_pstrcat(pool, found->modules, "/mod_", name, ".so", NULL), R_OK) == 0;
}
