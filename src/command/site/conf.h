/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SITE_CONF_H
#define PYW_COMMAND_SITE_CONF_H

/* Writes the part of httpd's configuration that `pywsgi serve` and `pywsgi vhost` have in common. */

#include <stdio.h>

#include "command/site/site.h"

/*
 * Writes the process groups: WSGIDaemonProcess with the options of the site and with `more`, which begins with a blank
 * or is empty.
 */
void pyw_conf_write_groups(FILE *out, const char *indent, const pyw_site *site, const char *more);

/* Writes the aliases of the applications and of the static files, with access to them. */
void pyw_conf_write_aliases(FILE *out, const char *indent, const pyw_site *site);

#endif
