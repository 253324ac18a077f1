/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_SERVER_H
#define PYW_MANAGER_COMMAND_SERVER_H

/*
 * The socket by which `pywsgid status` and its like reach the manager: "manager" in the directory of the groups'
 * sockets. Only root and the user that httpd was started by are heard. The manager never waits for a client. On the
 * manager's only thread.
 */

#include <apr_tables.h>
#include <stdint.h>

#include "base/result.h"
#include "manager/manager.h"
#include "wire/channel.h"
#include "wire/message.h"

typedef struct pyw_command_server pyw_command_server;
typedef struct pyw_command_client pyw_command_client;

/* Does what a COMMAND wants: answers now, or lets the client wait. */
typedef void pyw_command_server_obey(pyw_manager *manager, pyw_command_client *client, const pyw_pairs *command);

/* Answers a client that waits for a group, if it can; after every event. */
typedef void pyw_command_server_check(pyw_manager *manager, pyw_command_client *client, const char *group,
                                      unsigned generation);

/* NULL: no memory. The manager outlives it. */
pyw_command_server *pyw_command_server_create(pyw_manager *manager, pyw_command_server_obey *obey,
                                              pyw_command_server_check *check);

/* Makes the socket, once more if it was there; clients keep their connections. */
pyw_result pyw_command_server_bind(pyw_command_server *server, const pyw_socket_directory *directory,
                                   pyw_problem *problem);

/* Makes the socket again if somebody removed it, or if it could not be made before. */
void pyw_command_server_look(pyw_command_server *server, const pyw_socket_directory *directory);

/* Closes the socket and all connections; the file goes with its directory. */
void pyw_command_server_close(pyw_command_server *server);

/* At the end: is the directory this manager's own? 0: another one has bound its socket there, and everything else. */
int pyw_command_server_leave(const pyw_command_server *server, const pyw_socket_directory *directory);

/* Adds what has to be polled for, struct pollfd each. */
void pyw_command_server_collect(const pyw_command_server *server, apr_array_header_t *fds);

/* Accepts, reads, obeys, answers, and closes what is over. After every event; returns when it wants the next call. */
int64_t pyw_command_server_step(pyw_command_server *server);

/* For those who obey a command (manager/command/commands.h). */

/* The answer, a single sentence; the connection ends when it is sent. */
void pyw_command_server_answer(pyw_command_client *client, pyw_frame_type type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts a row in front of the answer. `fd` travels along and stays the caller's until the answer is given; -1: none. */
void pyw_command_server_row(pyw_command_client *client, const pyw_pairs *pairs, int fd);

/* The memory of what is to be sent: until the answer is given. */
apr_pool_t *pyw_command_server_pool(const pyw_command_client *client);

/* Answers later: `check` is called with these values after every event until it has answered. */
void pyw_command_server_await(pyw_command_client *client, const char *group, unsigned generation);

/* Who asks, for the log. */
long pyw_command_server_pid(const pyw_command_client *client);

#endif
