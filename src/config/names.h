/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_NAMES_H
#define PYW_CONFIG_NAMES_H

/*
 * The module under mod_wsgi's names, so that a configuration written for mod_wsgi finds it: LoadModule wsgi_module,
 * <IfModule mod_wsgi.c>, <IfModule wsgi_module>, LogLevel wsgi:info. In httpd's parent, on the main thread, while the
 * configuration is read. Everything is undone when `pconf` is cleared.
 */

#include <httpd.h>
#include <http_config.h>

/* httpd looks it up for LoadModule wsgi_module. It only loads pywsgi_module, unless that is loaded already. */
extern module AP_MODULE_DECLARE_DATA wsgi_module __attribute__((visibility("default")));

/* Called when pywsgi_module is loaded. 0: it was loaded under the other name before, and its hooks are registered. */
int pyw_names_link(apr_pool_t *pconf);

/*
 * The pre_config hook, between LoadModule and all other directives. Refuses to run beside mod_wsgi, and suggests a
 * directive for a misspelt name.
 */
int pyw_names_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

#endif
