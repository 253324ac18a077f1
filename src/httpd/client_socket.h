/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_CLIENT_SOCKET_H
#define PYW_HTTPD_CLIENT_SOCKET_H

#include <httpd.h>

/* The client's socket, to wait for. -1: a stream of HTTP/2 has none of its own. On the thread of the request. */
int pyw_client_socket_fd(conn_rec *c);

#endif
