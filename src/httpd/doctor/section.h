/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_DOCTOR_SECTION_H
#define PYW_HTTPD_DOCTOR_SECTION_H

/* The sections of the configuration's text. In httpd's parent, during configtest. */

#include <httpd.h>
#include <util_cfgtree.h>

/* Whether the directive is the <VirtualHost> of another server, so that nothing in it applies to this one. */
int pyw_section_is_of_other_host(const ap_directive_t *directive, const server_rec *server);

#endif
