/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/doctor/handled.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <string.h>
#include <strings.h>
#include <util_cfgtree.h>

#include "httpd/doctor/section.h"
#include "httpd/mount.h"

/* Each script is loaded, so a directory with many of them is not examined completely. */
enum { SCRIPTS_MOST = 32 };

typedef struct search {
    apr_pool_t *pool;
    server_rec *server;
    const char *directory;       /* of the section, ends with a slash; NULL: none yet */
    apr_array_header_t *scripts; /* pyw_alias */
} search;

static int is_our_handler(const char *name)
{
    return strcasecmp(name, PYW_HANDLER_NAME) == 0 || strcasecmp(name, "application/x-httpd-wsgi") == 0;
}

/* The URL of the file; NULL: it is not below the DocumentRoot. */
static const char *url_of(const search *self, const char *file)
{
    core_server_config *core = ap_get_core_module_config(self->server->module_config);
    apr_size_t length = core->ap_document_root ? strlen(core->ap_document_root) : 0;

    while (length > 0 && core->ap_document_root[length - 1] == '/') {
        length--;
    }
    return length > 0 && strncmp(file, core->ap_document_root, length) == 0 && file[length] == '/' ? file + length
                                                                                                   : NULL;
}

static int has_file(const search *self, const char *file)
{
    for (int i = 0; i < self->scripts->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(self->scripts, i, pyw_alias).target, file) == 0) {
            return 1;
        }
    }
    return 0;
}

static void add_script(search *self, const char *name)
{
    const char *file = apr_pstrcat(self->pool, self->directory, name, NULL);
    const char *url = url_of(self, file);

    if (url && *name != '.' && self->scripts->nelts < SCRIPTS_MOST && !has_file(self, file)) {
        APR_ARRAY_PUSH(self->scripts, pyw_alias) = (pyw_alias){.url = url, .target = file};
    }
}

/* As mod_mime does: any of the name's suffixes selects the handler. `suffixes`: with or without a dot. */
static int has_suffix(apr_pool_t *pool, const char *name, const char *suffixes)
{
    while (*suffixes) {
        const char *suffix = ap_getword_conf(pool, &suffixes);
        const char *at = strchr(name, '.');

        suffix += *suffix == '.';
        for (; at && *suffix; at = strchr(at + 1, '.')) {
            if (strncasecmp(at + 1, suffix, strlen(suffix)) == 0 && strchr(".", at[1 + strlen(suffix)])) {
                return 1;
            }
        }
    }
    return 0;
}

/* `suffixes`: NULL: all files. */
static void add_files(search *self, const char *suffixes)
{
    apr_dir_t *directory;
    apr_finfo_t found;

    if (apr_dir_open(&directory, self->directory, self->pool) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&found, APR_FINFO_NAME | APR_FINFO_TYPE, directory) == APR_SUCCESS) {
        if (found.filetype == APR_REG && (!suffixes || has_suffix(self->pool, found.name, suffixes))) {
            add_script(self, found.name);
        }
    }
    apr_dir_close(directory);
}

static const char *with_slash(apr_pool_t *pool, const char *path)
{
    return path[strlen(path) - 1] == '/' ? path : apr_pstrcat(pool, path, "/", NULL);
}

/* The directory of a <Directory> section, or NULL. */
static const char *directory_of(apr_pool_t *pool, const ap_directive_t *section)
{
    apr_size_t length = strlen(section->args);
    const char *args = apr_pstrmemdup(pool, section->args, length > 0 ? length - 1 : 0); /* without ">" */
    const char *path = ap_getword_conf(pool, &args);

    return strcasecmp(section->directive, "<Directory") != 0 || *path != '/' || strpbrk(path, "*?[")
               ? NULL
               : with_slash(pool, path);
}

static int is_own_host(const search *self, const ap_directive_t *section)
{
    return strcasecmp(section->directive, "<VirtualHost") == 0 && !pyw_section_is_of_other_host(section, self->server);
}

/* `self->directory`: the section around the directives. Other sections around them may restrict them to other files. */
static void search_directives(search *self, const ap_directive_t *directive)
{
    for (; directive; directive = directive->next) {
        const char *args = directive->args;

        if (directive->first_child && !self->directory) {
            self->directory = directory_of(self->pool, directive);
            if (self->directory || is_own_host(self, directive)) {
                search_directives(self, directive->first_child);
            }
            self->directory = NULL;
        }
        else if (self->directory && strcasecmp(directive->directive, "SetHandler") == 0 &&
                 is_our_handler(ap_getword_conf(self->pool, &args))) {
            add_files(self, NULL);
        }
        else if (self->directory && strcasecmp(directive->directive, "AddHandler") == 0 &&
                 is_our_handler(ap_getword_conf(self->pool, &args))) {
            add_files(self, args);
        }
    }
}

apr_array_header_t *pyw_handled_scripts(apr_pool_t *pool, server_rec *server)
{
    search self = {pool, server, NULL, apr_array_make(pool, 8, sizeof(pyw_alias))};

    search_directives(&self, ap_conftree);
    return self.scripts;
}
