/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/request_stack.h"

#include <apr_strings.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "httpd/embedded/stack.h"
#include "shm/worker_list.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "wire/stack_text.h"
#include "wire/wait.h"

enum {
    LIMIT_MS = 2000,         /* for the whole answer */
    DUMP_MOST = 1024 * 1024, /* bytes of the stacks of all threads of a worker */
    STACK_MOST = 16 * 1024,  /* bytes of the stack of one thread */
    PROBLEM_MOST = 200
};

/* A question for the stack of one request. */
typedef struct question {
    const pyw_report_request *request;
    apr_pool_t *pool;
    int64_t deadline;
    int fd;              /* the reading end of a pipe; -1: none */
    const char *thread;  /* the digits by which its text names the thread */
    const char *problem; /* NULL: none yet */
} question;

static int time_left(const question *self)
{
    int64_t left = self->deadline - pyw_clock_ms();

    return left > 0 ? (int)left : 0;
}

/* NULL: see errno. */
static pyw_channel *connect_to_manager(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    pyw_channel *channel = NULL;

    apr_snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", pyw_config_main()->socket_directory,
                 PYW_WORKER_LIST_STACKS_SOCKET);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        channel = pyw_channel_create();
    }
    if (channel) {
        pyw_channel_open(channel, fd);
    }
    else if (fd >= 0) {
        close(fd);
    }
    return channel;
}

static int send_command(const question *self, pyw_channel *channel)
{
    pyw_pairs pairs = {0};
    pyw_buffer payload = {0};
    pyw_result result;

    pyw_pairs_add_text(&pairs, "pid", apr_psprintf(self->pool, "%u", (unsigned)self->request->place.worker));
    pyw_pairs_add_text(&pairs, "id", self->request->request.id);
    pyw_message_pairs_encode(&payload, pairs.items, pairs.count);
    pyw_channel_queue(channel, PYW_FRAME_COMMAND, 0, payload.data, payload.length, -1);
    result = pyw_channel_send(channel, time_left(self));
    pyw_buffer_free(&payload);
    pyw_pairs_free(&pairs);
    return result == PYW_OK;
}

/* The manager passes one end of a pipe, and the worker writes to the other end. */
static void take_row(question *self, const pyw_frame *frame, pyw_channel *channel)
{
    pyw_pairs row = {0};
    uint32_t length = 0;
    const char *thread = NULL;

    if (pyw_message_pairs_decode(&row, frame->payload, frame->length) == PYW_OK) {
        thread = pyw_pairs_get(&row, "thread", &length);
    }
    self->thread = thread ? apr_pstrmemdup(self->pool, thread, length) : "";
    self->fd = pyw_channel_take_fd(channel);
    if (self->fd < 0) {
        self->problem = "the worker does not answer: it is starting or exiting";
    }
    pyw_pairs_free(&row);
}

static void read_answer(question *self, pyw_channel *channel)
{
    pyw_frame frame;
    pyw_result result = pyw_channel_read(channel, &frame, time_left(self));

    if (result == PYW_OK && frame.type == PYW_FRAME_ROW) {
        take_row(self, &frame, channel);
    }
    else if (result == PYW_OK && frame.type == PYW_FRAME_REFUSED) {
        char *text = apr_palloc(self->pool, PROBLEM_MOST);

        pyw_log_escape(text, PROBLEM_MOST, frame.payload, frame.length);
        self->problem = text;
    }
    else {
        self->problem = "the process manager does not answer";
    }
}

static void ask_manager(question *self)
{
    pyw_channel *channel = connect_to_manager();

    if (!channel) {
        self->problem = apr_psprintf(self->pool, "the process manager cannot be reached: %s", strerror(errno));
        return;
    }
    if (send_command(self, channel)) {
        read_answer(self, channel);
    }
    else {
        self->problem = "the process manager does not listen";
    }
    pyw_channel_destroy(channel);
}

static void ask_own_python(question *self)
{
    const pyw_board_place *place = &self->request->place;

    if (place->child != (int32_t)getpid()) {
        self->problem = apr_psprintf(self->pool,
                                     "the request runs embedded in another child of httpd (pid %d), which only its own "
                                     "threads can examine",
                                     (int)place->child);
        return;
    }
    self->thread = apr_psprintf(self->pool, "%016" PRIx64, place->thread);
    self->fd = pyw_embedded_stack_open(place->thread);
    if (self->fd < 0) {
        self->problem = errno == EBUSY ? "an earlier question still waits for Python's lock (the GIL)"
                                       : apr_psprintf(self->pool, "the stack cannot be read: %s", strerror(errno));
    }
}

static const char *why_no_stack(const question *self, const pyw_buffer *text)
{
    if (text->length > 0) {
        return "the thread runs no Python code at the moment";
    }
    if (self->request->place.worker == 0) {
        return "Python's lock (the GIL) is held by another thread";
    }
    return pyw_clock_ms() >= self->deadline ? "the worker does not answer"
                                            : "the worker does not answer: it is starting or exiting";
}

static void read_stack(question *self, pyw_request_stack *stack)
{
    pyw_buffer text = {0}, calls = {0};

    pyw_stack_text_read(self->fd, self->deadline, DUMP_MOST, &text);
    close(self->fd);
    pyw_stack_text_of_thread(&calls, &text, self->thread, STACK_MOST);
    if (calls.length > 0 && !calls.failed) {
        stack->text = apr_pstrmemdup(self->pool, calls.data, calls.length);
    }
    else {
        self->problem = why_no_stack(self, &text);
    }
    pyw_buffer_free(&text);
    pyw_buffer_free(&calls);
}

void pyw_request_stack_take(pyw_request_stack *stack, const pyw_report_request *request, apr_pool_t *pool)
{
    question self = {request, pool, pyw_wait_deadline(LIMIT_MS), -1, NULL, NULL};

    *stack = (pyw_request_stack){NULL, NULL};
    if (request->phase != PYW_BOARD_APPLICATION) {
        self.problem = "the application does not run the request at the moment";
    }
    else if (request->place.worker != 0) {
        ask_manager(&self);
    }
    else {
        ask_own_python(&self);
    }
    if (self.fd >= 0) {
        read_stack(&self, stack);
    }
    stack->problem = self.problem;
}
