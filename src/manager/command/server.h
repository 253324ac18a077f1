/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_SERVER_H
#define PYW_MANAGER_COMMAND_SERVER_H

/*
 * The server for `pywsgi status` and the other verbs: the socket "manager" in the directory of the groups' sockets.
 * Only root and the user that started httpd are authorised. A second socket, "stacks", also lets httpd's user in, and
 * has a command of its own. The manager never waits for a client. On the manager's only thread.
 */

#include <apr_tables.h>
#include <stdint.h>

#include "base/result.h"
#include "manager/manager.h"
#include "wire/channel.h"
#include "wire/message.h"

typedef struct pyw_command_server pyw_command_server;
typedef struct pyw_command_client pyw_command_client;

/* Runs a COMMAND: answers immediately, or lets the client wait. */
typedef void pyw_command_handler(pyw_manager *manager, pyw_command_client *client, const pyw_pairs *command);

/* Answers a client that waits, if possible. Called after every event. */
typedef void pyw_command_check(pyw_manager *manager, pyw_command_client *client, void *awaited);

/*
 * `run`: for the socket "manager"; `stack`: for the socket "stacks". NULL: out of memory. The manager outlives the
 * server.
 */
pyw_command_server *pyw_command_server_create(pyw_manager *manager, pyw_command_handler *run,
                                              pyw_command_handler *stack);

/* Binds the sockets that are not bound, were removed, or have a new owner. Clients keep their connections. */
void pyw_command_server_look(pyw_command_server *server, const pyw_socket_directory *directory);

/* Closes the sockets and all connections. The files remain until their directory is removed. */
void pyw_command_server_close(pyw_command_server *server);

/* Does the directory belong to this manager when it exits? 0: another manager has bound its sockets in it. */
int pyw_command_server_leave(const pyw_command_server *server, const pyw_socket_directory *directory);

/* Adds a struct pollfd for each descriptor. */
void pyw_command_server_collect(const pyw_command_server *server, apr_array_header_t *fds);

/*
 * Accepts clients, reads and runs commands, sends answers, and closes finished connections. Call this after every
 * event. Returns when to call it again.
 */
int64_t pyw_command_server_step(pyw_command_server *server);

/* The functions below are for the implementation of commands (manager/command/commands.h). */

/* Sends the answer, a sentence. The connection closes afterwards. */
void pyw_command_server_answer(pyw_command_client *client, pyw_frame_type type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Sends a row before the answer. `fd` is sent along and stays owned by the caller, which keeps it until the answer; -1:
 * none.
 */
void pyw_command_server_row(pyw_command_client *client, const pyw_pairs *pairs, int fd);

/* The value of a pair of the command, from the client's pool; NULL: it has none of this name. */
const char *pyw_command_server_text(const pyw_command_client *client, const pyw_pairs *command, const char *name);

/* The pool for output, which exists until the answer was sent. */
apr_pool_t *pyw_command_server_pool(const pyw_command_client *client);

/* Sends a row of one text before the answer, at once. */
void pyw_command_server_progress(pyw_command_client *client, const char *kind, const char *text);

/* Answers later: `check` is called with `awaited`, from the client's pool, after every event until it answers. */
void pyw_command_server_await(pyw_command_client *client, pyw_command_check *check, void *awaited);

/* "user root (uid 0, pid 4711)": the client, for log records. */
const char *pyw_command_server_who(const pyw_command_client *client);

#endif
