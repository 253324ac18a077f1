/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SOCKET_H
#define PYW_COMMAND_SOCKET_H

/* Selects one of this machine's managers. */

/*
 * Connects to the manager whose sockets are in `directory`, or in a directory below it; NULL: httpd's default
 * directory. Returns the connected socket, or prints an error, sets *status to the exit status and returns -1.
 */
int pyw_command_connect(const char *directory, int *status);

#endif
