/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_COMPAT_H
#define PYW_CONFIG_DIRECTIVES_COMPAT_H

/*
 * Directives of mod_wsgi that this module does not implement, because they tune mod_wsgi's internals. They are accepted
 * with a warning, or a notice if they are meaningless, so that an existing configuration starts.
 */

#include <httpd.h>

#include <http_config.h>

const char *pyw_directive_ignored(cmd_parms *cmd, void *dir, const char *args);

/* Directives for something that does not exist here. They need no change of the configuration. cmd->info: why. */
const char *pyw_directive_meaningless(cmd_parms *cmd, void *dir, const char *args);

#endif
