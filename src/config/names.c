/* SPDX-License-Identifier: Apache-2.0 */
#include "config/names.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_main.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "config/config.h"
#include "config/directives/table.h"

APLOG_USE_MODULE(pywsgi);

#define RECORD_NAMED(text)                                                                                             \
    {                                                                                                                  \
        .version = MODULE_MAGIC_NUMBER_MAJOR, .minor_version = MODULE_MAGIC_NUMBER_MINOR, .module_index = -1,          \
        .name = (text), .magic = MODULE_MAGIC_COOKIE                                                                   \
    }

/*
 * Records with nothing but a name, in httpd's list of modules. <IfModule> and LogLevel search this list by name, before
 * they ask mod_so. They have the index of pywsgi_module, so that LogLevel sets its level.
 */
static module names[] = {RECORD_NAMED("mod_wsgi.c"), RECORD_NAMED("wsgi_module"), RECORD_NAMED("pywsgi_module")};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static int is_linked;

static apr_status_t unlink_names(void *unused)
{
    module **link = &ap_top_module;

    (void)unused;
    while (*link) {
        if (*link >= names && *link < names + NAMES) {
            *link = (*link)->next;
        }
        else {
            link = &(*link)->next;
        }
    }
    is_linked = 0;
    return APR_SUCCESS;
}

int pyw_names_link(apr_pool_t *pconf)
{
    if (is_linked) {
        return 0;
    }
    /*
     * After pywsgi_module, so that httpd finds the record with the functions first when it merges configurations of
     * this index.
     */
    for (int i = 0; i < NAMES; i++) {
        names[i].module_index = pywsgi_module.module_index;
        names[i].next = pywsgi_module.next;
        pywsgi_module.next = &names[i];
    }
    apr_pool_cleanup_register(pconf, NULL, unlink_names, apr_pool_cleanup_null);
    is_linked = 1;
    return 1;
}

/* Names that administrators look for, and the directives with that effect. */
static const char *named_elsewhere(const char *name)
{
    static const struct {
        const char *name;
        const char *directive;
    } others[] = {{"WSGILogFormat", "WSGIJSONLog file-path"},
                  {"WSGIErrorLogFormat", "WSGIJSONLog file-path"},
                  {"WSGILogJSON", "WSGIJSONLog file-path"}};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (ap_cstr_casecmp(name, others[i].name) == 0) {
            return others[i].directive;
        }
    }
    return NULL;
}

/* httpd itself refuses the directive afterwards, but suggests no similar name. */
static void report_misspelt(const ap_directive_t *directive, const char *const *known)
{
    const char *name = directive->directive;
    module *first = ap_top_module;
    const char *meant;

    if (apr_toupper(name[*name == '<']) != 'W' || ap_find_command_in_modules(name, &first)) {
        return;
    }
    meant = named_elsewhere(name);
    meant = meant ? meant : pyw_suggest(name, known);
    if (meant) {
        ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
                     PYWNO(0156) "%s:%d: there is no directive %s, did you mean %s?", directive->filename,
                     directive->line_num, name, meant);
    }
}

static void find_misspelt(const ap_directive_t *directive, const char *const *known)
{
    for (; directive; directive = directive->next) {
        report_misspelt(directive, known);
        find_misspelt(directive->first_child, known);
    }
}

static void check_spelling(apr_pool_t *ptemp)
{
    apr_array_header_t *known = apr_array_make(ptemp, 80, sizeof(const char *));

    for (const command_rec *command = pyw_config_directives; command->name; command++) {
        APR_ARRAY_PUSH(known, const char *) = command->name;
    }
    APR_ARRAY_PUSH(known, const char *) = NULL;
    find_misspelt(ap_conftree, (const char *const *)known->elts);
}

/*
 * Refuses mod_wsgi before the first directive. If httpd loads mod_wsgi after this module, dlopen(RTLD_GLOBAL) resolves
 * mod_wsgi's symbol wsgi_module to ours, and its directives would read our memory.
 */
int pyw_names_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    pywsgi_module.cmds = pyw_config_directives;
    for (const module *other = ap_top_module; other; other = other->next) {
        if (strcmp(other->name, "mod_wsgi.c") == 0 && other != &names[0]) {
            ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf,
                         PYWNO(0106) "mod_wsgi is loaded as well, and both have the same directives: keep one "
                                     "LoadModule line (on Debian: a2dismod wsgi)");
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    check_spelling(ptemp);
    return OK;
}

/* If LoadModule pywsgi_module follows, mod_so has removed the module already. */
static apr_status_t unload(void *unused)
{
    (void)unused;
    if (pywsgi_module.module_index >= 0) {
        ap_remove_module(&pywsgi_module);
    }
    return APR_SUCCESS;
}

/*
 * LoadModule pywsgi_module may follow, and then httpd adds the module once more. Without a table, it does not add the
 * directives twice; pyw_names_pre_config restores it. The only possible error, too many modules, leaves the directives
 * unknown, which httpd reports.
 */
static void load(apr_pool_t *pconf)
{
    if (!is_linked && ap_add_module(&pywsgi_module, pconf, "pywsgi_module") == NULL) {
        pywsgi_module.cmds = NULL;
        apr_pool_cleanup_register(pconf, NULL, unload, apr_pool_cleanup_null);
    }
}

/* httpd creates the configuration of a module directly after it has loaded it. */
static void *configure(apr_pool_t *pconf, server_rec *server)
{
    ap_single_module_configure(pconf, server, &pywsgi_module);
    return NULL;
}

/* clang-format off */
module AP_MODULE_DECLARE_DATA wsgi_module = {
    STANDARD20_MODULE_STUFF,
    NULL,
    NULL,
    configure,
    NULL,
    NULL,
    load,
    AP_MODULE_FLAG_NONE,
};
