/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2, F_SETPIPE_SZ */
#endif
#include "manager/command/stacks.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <unistd.h>

#include "manager/child/child.h"
#include "manager/command/status.h"

/* Capacity for the stacks of a worker, which does not wait for the reader. */
enum { STACKS_SIZE = 1024 * 1024 };

/* The worker writes, and must not wait for the reader. */
static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return 0;
    }
    (void)!fcntl(ends[1], F_SETPIPE_SZ, STACKS_SIZE);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    return 1;
}

/* Returns the reading end of the worker's pipe, or -1. */
static int ask_worker(const pyw_worker_question *question, pyw_child *child, pyw_command_client *client)
{
    apr_pool_t *pool = pyw_command_server_pool(client);
    pyw_pairs pairs = {0};
    int ends[2];

    if (pyw_channel_fd(child->channel) < 0 || !make_pipe(ends)) {
        return -1;
    }
    pyw_channel_queue(child->channel, question->type, 0, question->payload, question->length, ends[1]);
    pyw_channel_send(child->channel, 0);
    close(ends[1]);
    pyw_pairs_add_text(&pairs, "kind", question->kind);
    pyw_pairs_add_text(&pairs, "pid", apr_psprintf(pool, "%ld", (long)child->pid));
    pyw_pairs_add_text(&pairs, "state", pyw_child_state_name(child->state));
    pyw_command_server_row(client, &pairs, ends[0]);
    pyw_pairs_free(&pairs);
    return ends[0];
}

/* The client reads the workers' output itself. */
void pyw_stacks_ask(const pyw_worker_group *group, const pyw_worker_question *question, pyw_command_client *client)
{
    apr_array_header_t *fds = apr_array_make(pyw_command_server_pool(client), 8, sizeof(int));

    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (question->type == PYW_FRAME_STACKS) {
            pyw_status_send_requests(child, client);
        }
        APR_ARRAY_PUSH(fds, int) = ask_worker(question, child, client);
    }
    pyw_command_server_answer(client, PYW_FRAME_DONE, "group '%s' has %d workers", group->options->name, fds->nelts);
    for (int i = 0; i < fds->nelts; i++) {
        if (APR_ARRAY_IDX(fds, i, int) >= 0) {
            close(APR_ARRAY_IDX(fds, i, int));
        }
    }
}
