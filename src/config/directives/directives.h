/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_DIRECTIVES_H
#define PYW_CONFIG_DIRECTIVES_DIRECTIVES_H

/*
 * Common code of the functions of the directives. httpd calls them while it reads the configuration. They return NULL
 * or an error message. httpd prints the message after file and line, but without the directive's name, so the message
 * contains the name. They run in httpd's parent, and for .htaccess in a child on the thread of the request.
 */

#include "config/config.h"

/* 0: the directive is in .htaccess. httpd reads that file for each request, so record and log nothing. */
int pyw_directive_is_main(cmd_parms *cmd);

/* Records the use of the group `name`, if the name is literal. */
void pyw_directive_use_group(cmd_parms *cmd, const char *name);

/* Whether the name of a group depends on the request, as %{ENV:name} does. */
int pyw_directive_is_variable(const char *text);

/* Records a warning if `text` looks like a variable but is not one. As in mod_wsgi, it is the name of a group then. */
void pyw_directive_check_application_group(cmd_parms *cmd, const char *text);

/* Records a warning for the start of httpd, with the place of the directive. */
void pyw_directive_warn(cmd_parms *cmd, const char *text);

/* Like pyw_directive_warn, but at level info: for directives that need no change. */
void pyw_directive_notice(cmd_parms *cmd, const char *text);

/* "file:line", in cmd->pool. */
const char *pyw_directive_place(cmd_parms *cmd);

/* "On" or "Off". 0: neither. */
int pyw_directive_switch(const char *text, pyw_switch *value);

/* The same for the argument of the directive. NULL, or an error message. */
const char *pyw_directive_set_switch(cmd_parms *cmd, const char *text, pyw_switch *value);

/*
 * Removes the next word "name=value" (the value may be quoted) from *args. Returns NULL, or an error message. Sets
 * *name to NULL if there are no more words. At the call, *name and *value belong to the previous word (NULL: none).
 */
const char *pyw_directive_option(cmd_parms *cmd, const char **args, const char **name, const char **value);

/* Calls `set` for each of the options that pyw_directive_option finds. Returns the first error. */
typedef const char *pyw_directive_set_option(cmd_parms *cmd, void *baton, const char *name, const char *value);
const char *pyw_directive_options(cmd_parms *cmd, const char *args, pyw_directive_set_option *set, void *baton);

#endif
