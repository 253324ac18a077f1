/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_STACKS_H
#define PYW_MANAGER_COMMAND_STACKS_H

/*
 * Questions to the workers of a group (stacks, profile): the workers write the answers into pipes, which the client
 * reads. On the manager's only thread.
 */

#include "manager/command/server.h"

typedef struct pyw_worker_question {
    const char *kind; /* of the client's rows */
    pyw_frame_type type;
    const void *payload;
    size_t length;
} pyw_worker_question;

/* Sends the client the rows of the requests of each worker, and then a row with a pipe for it; then the answer. */
void pyw_stacks_ask(const pyw_worker_group *group, const pyw_worker_question *question, pyw_command_client *client);

/*
 * The command of the socket "stacks": the same row for one worker, with the thread that runs the request. The command
 * has the pid of the worker and the id of the request.
 */
void pyw_stacks_run(pyw_manager *manager, pyw_command_client *client, const pyw_pairs *command);

#endif
