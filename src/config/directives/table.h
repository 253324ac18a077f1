/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_DIRECTIVES_TABLE_H
#define PYW_CONFIG_DIRECTIVES_TABLE_H

#include <httpd.h>

#include <http_config.h>

/* All directives, for the module record. */
extern const command_rec pyw_config_directives[];

#endif
