/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/client_socket.h"

#include <apr_portable.h>
#include <http_core.h>
#include <sys/socket.h>

int pyw_client_socket_fd(conn_rec *c)
{
    apr_socket_t *socket = c->master ? NULL : ap_get_conn_socket(c);
    apr_os_sock_t fd = -1;

    return socket && apr_os_sock_get(&fd, socket) == APR_SUCCESS ? fd : -1;
}

/* connect(2) describes this use of AF_UNSPEC. */
void pyw_client_socket_reset(int fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    if (fd >= 0) {
        (void)!connect(fd, &nobody, sizeof(nobody));
    }
}
