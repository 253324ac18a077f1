/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2, F_SETPIPE_SZ */
#endif
#include "manager/command/stacks.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
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

/* `thread`: for the row; NULL: none. Returns the reading end of the worker's pipe, or -1. */
static int ask_worker(const pyw_worker_question *question, pyw_child *child, const char *thread,
                      pyw_command_client *client)
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
    pyw_pairs_add_text(&pairs, "state", pyw_status_child_state(child));
    if (thread != NULL) {
        pyw_pairs_add_text(&pairs, "thread", thread);
    }
    pyw_command_server_row(client, &pairs, ends[0]);
    pyw_pairs_free(&pairs);
    return ends[0];
}

/* The client reads the workers' output itself. */
void pyw_stacks_ask(const pyw_worker_group *group, const pyw_worker_question *question, pyw_command_client *client)
{
    apr_array_header_t *fds = apr_array_make(pyw_command_server_pool(client), 8, sizeof(int));
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (question->type == PYW_FRAME_STACKS) {
            pyw_status_send_requests(child, client);
        }
        APR_ARRAY_PUSH(fds, int) = ask_worker(question, child, NULL, client);
    }
    pyw_command_server_answer(client, PYW_FRAME_DONE, "group '%s' has %d workers", group->options->name, fds->nelts);
    for (int i = 0; i < fds->nelts; i++) {
        if (APR_ARRAY_IDX(fds, i, int) >= 0) {
            close(APR_ARRAY_IDX(fds, i, int));
        }
    }
}

/* The worker writes the board, so the id may be unterminated. */
static const pyw_board_slot *find_request(const pyw_child *child, const char *id)
{
    for (int i = 0; child != NULL && child->board != NULL && i < child->board_threads; i++) {
        const pyw_board_slot *slot = &child->board->slots[i];

        if (slot->busy && strncmp(slot->id, id, sizeof(slot->id)) == 0) {
            return slot;
        }
    }
    return NULL;
}

/* A client that knows no id of a running request gets nothing: other processes of httpd's user may connect, too. */
void pyw_stacks_run(pyw_manager *manager, pyw_command_client *client, const pyw_pairs *command)
{
    static const pyw_worker_question question = {"stacks", PYW_FRAME_STACKS, NULL, 0};
    const char *pid = pyw_command_server_text(client, command, "pid");
    const char *id = pyw_command_server_text(client, command, "id");
    pyw_child *child = pid != NULL ? pyw_child_find(&manager->groups, (pid_t)atol(pid)) : NULL;
    const pyw_board_slot *slot = id != NULL && *id != '\0' ? find_request(child, id) : NULL;
    int fd;

    if (slot == NULL) {
        pyw_command_server_answer(client, PYW_FRAME_REFUSED, "%s", "the worker does not run this request any more");
        return;
    }
    fd = ask_worker(&question, child,
                    apr_psprintf(pyw_command_server_pool(client), "%016" PRIx64, (uint64_t)slot->thread), client);
    pyw_command_server_answer(client, PYW_FRAME_DONE, "%s", "");
    if (fd >= 0) {
        close(fd);
    }
}
