/* SPDX-License-Identifier: Apache-2.0 */
#include "config/pyw_directives.h"

#include <apr_strings.h>

/*
 * Directives of mod_wsgi that this module does not have. Those that tune mod_wsgi's inner workings are taken, so that
 * an existing configuration starts, and named in a warning; those that protect something stop the start.
 */
const char *pyw_directive_ignored(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    (void)args;
    pyw_directive_warn(cmd, apr_psprintf(cmd->pool, "%s of mod_wsgi has no effect", cmd->cmd->name));
    return NULL;
}

const char *pyw_directive_refused(cmd_parms *cmd, void *dir, const char *args)
{
    (void)dir;
    (void)args;
    return apr_psprintf(cmd->pool,
                        "%s of mod_wsgi does not exist in mod_pywsgi, and leaving it out silently could open "
                        "what it protected: %s",
                        cmd->cmd->name, (const char *)cmd->info);
}
