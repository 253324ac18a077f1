/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_DIRECTIVES_H
#define PYW_DIRECTIVES_H

/*
 * The functions behind the directives, each called while the configuration is read: they return NULL, or what is wrong,
 * which httpd prints behind the file, the line and, if the text does not begin with it, nothing: so the texts name the
 * directive themselves. In httpd's parent (.htaccess: in a child, on the thread of the request).
 */

#include "config/pyw_config.h"

/* WSGIScriptAlias, WSGIScriptAliasMatch, WSGIAppAlias. */
const char *pyw_directive_script_alias(cmd_parms *cmd, void *dir, const char *args);
const char *pyw_directive_script_alias_match(cmd_parms *cmd, void *dir, const char *args);
const char *pyw_directive_app_alias(cmd_parms *cmd, void *dir, const char *args);

/* WSGIDaemonProcess. */
const char *pyw_directive_daemon_process(cmd_parms *cmd, void *dir, const char *args);

/* WSGIRequestTimeout. */
const char *pyw_directive_request_timeout(cmd_parms *cmd, void *dir, const char *text);

/* WSGIImportScript. */
const char *pyw_directive_import_script(cmd_parms *cmd, void *dir, const char *args);

/* WSGIClientGone. */
const char *pyw_directive_client_gone(cmd_parms *cmd, void *dir, const char *text);

/* mod_wsgi's that have no effect here (a warning at the start), and those that cannot be left out silently. */
const char *pyw_directive_ignored(cmd_parms *cmd, void *dir, const char *args);
const char *pyw_directive_refused(cmd_parms *cmd, void *dir, const char *args);

/* 0: this is .htaccess, which is read with every request: nothing is noted or logged then. */
int pyw_directive_is_main(cmd_parms *cmd);

/* Notes that `name` is used here, if it is literal. */
void pyw_directive_use_group(cmd_parms *cmd, const char *name);

/* NULL, or why `text` cannot be a group: it looks like a variable and is none. `what` begins the message. */
const char *pyw_directive_check_group(apr_pool_t *pool, const char *what, const char *text);

/* A line for the log of the start-up, with the place of the directive. */
void pyw_directive_warn(cmd_parms *cmd, const char *text);

/* "file:line", in cmd->pool. */
const char *pyw_directive_place(cmd_parms *cmd);

/* "On" or "Off". 0: it is neither. */
int pyw_directive_switch(const char *text, pyw_switch *value);

/*
 * Takes the next word "name=value" (value perhaps in quotes) off *args. NULL and *name NULL: there is none any more;
 * else an error.
 */
const char *pyw_directive_option(cmd_parms *cmd, const char **args, const char **name, const char **value);

/* pyw_directive_admission.c */
const char *pyw_directive_concurrency(cmd_parms *cmd, void *dir, const char *text);
const char *pyw_directive_priority(cmd_parms *cmd, void *dir, const char *text);

#endif
