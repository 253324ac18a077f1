/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/doctor/section.h"

#include <string.h>
#include <strings.h>

int pyw_section_is_of_other_host(const ap_directive_t *directive, const server_rec *server)
{
    return strcasecmp(directive->directive, "<VirtualHost") == 0 &&
           (!server->defn_name || strcmp(server->defn_name, directive->filename) != 0 ||
            server->defn_line_number != (unsigned)directive->line_num);
}
