/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_IMPORT_H
#define PYW_CONFIG_IMPORT_H

#include "config/check/group.h"

/* WSGIImportScript: the directive. */
const char *pyw_directive_import_script(cmd_parms *cmd, void *dir, const char *args);

/*
 * Gives each group, and the embedded mode, the scripts of WSGIImportScript. 0: errors were logged. In httpd's parent.
 */
int pyw_check_imports(pyw_check *check);

#endif
