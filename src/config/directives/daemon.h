/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_DAEMON_H
#define PYW_CONFIG_DIRECTIVES_DAEMON_H

#include <httpd.h>

#include <http_config.h>

/* WSGIDaemonProcess. Values of env= do not stay in the configuration tree. */
const char *pyw_directive_daemon_process(cmd_parms *cmd, void *dir, const char *args);

#endif
