/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directives/compat.h"

#include <apr_strings.h>

#include "config/directives/directives.h"

const char *pyw_directive_ignored(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    (void)args;
    pyw_directive_warn(cmd, apr_psprintf(cmd->pool, "%s of mod_wsgi has no effect", cmd->cmd->name));
    return NULL;
}

const char *pyw_directive_meaningless(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    (void)args;
    pyw_directive_notice(cmd, apr_psprintf(cmd->pool, "%s of mod_wsgi has no meaning in mod_pywsgi: %s", cmd->cmd->name,
                                           (const char *)cmd->info));
    return NULL;
}
