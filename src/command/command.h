/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_COMMAND_H
#define PYW_COMMAND_COMMAND_H

/*
 * `pywsgid status`, `reload GROUP` and the other commands. A user or a deploy script starts such a process, which sends
 * a command to the manager over its command socket.
 */

/* The whole command line; returns the exit status. */
int pyw_command_main(int argc, char **argv);

#endif
