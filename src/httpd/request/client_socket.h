/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_REQUEST_CLIENT_SOCKET_H
#define PYW_HTTPD_REQUEST_CLIENT_SOCKET_H

#include <httpd.h>

/*
 * The client's socket, for poll(2). -1: a stream of HTTP/2, which has no socket of its own. On the thread of the
 * request.
 */
int pyw_client_socket_fd(conn_rec *c);

/*
 * Resets the connection of the client's socket `fd`: the kernel discards what it has not sent yet, and all writes fail,
 * even a write that already waits for the client. -1: does nothing. Any thread, as long as the connection exists.
 */
void pyw_client_socket_reset(int fd);

#endif
