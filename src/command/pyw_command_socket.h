/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SOCKET_H
#define PYW_COMMAND_SOCKET_H

/* Which of this machine's managers is meant. */

/*
 * Connects to the manager whose sockets are in `directory`, or in a directory below it; NULL: where httpd puts them by
 * default. Returns the connected socket, or -1 after having told the user why not; *status is the exit status then.
 */
int pyw_command_connect(const char *directory, int *status);

#endif
