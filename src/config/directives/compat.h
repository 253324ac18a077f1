/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_COMPAT_H
#define PYW_CONFIG_DIRECTIVES_COMPAT_H

/*
 * Directives of mod_wsgi that this module does not implement. Those that tune mod_wsgi's internals are accepted with a
 * warning, or a notice if they are meaningless, so that an existing configuration starts. Those that protect something
 * make the start fail.
 */

#include <httpd.h>

#include <http_config.h>

const char *pyw_directive_ignored(cmd_parms *cmd, void *dir, const char *args);

/* Directives for something that does not exist here. They need no change of the configuration. cmd->info: why. */
const char *pyw_directive_meaningless(cmd_parms *cmd, void *dir, const char *args);

/* cmd->info: what to use instead. */
const char *pyw_directive_refused(cmd_parms *cmd, void *dir, const char *args);

#endif
