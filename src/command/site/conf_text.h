/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SITE_CONF_TEXT_H
#define PYW_COMMAND_SITE_CONF_TEXT_H

/* Texts in httpd's configuration. */

#include <stdio.h>

/* Whether httpd reads the text as it is: no control characters, and no ${NAME}, which cannot be quoted. */
int pyw_conf_is_text(const char *text);

/* Writes a blank, and name and value together in quotes: an argument of a directive. */
void pyw_conf_write_pair(FILE *out, const char *name, const char *value);

/* As above, without a name. */
void pyw_conf_write_argument(FILE *out, const char *text);

#endif
