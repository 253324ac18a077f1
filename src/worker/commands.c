/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "worker/end.h"
#include "worker/heritage.h"

/* Nobody waits for the reader: stacks that do not fit into the pipe are lost. */
static void write_stacks(pyw_worker *self)
{
    int fd = pyw_channel_take_fd(self->manager);

    if (fd >= 0) {
        self->service.engine->dump_stacks(fd);
        close(fd);
    }
}

/* The profile becomes the owner of `fd`. */
static void profile(pyw_worker *self, const pyw_message_profile *request, int fd)
{
    if (self->profile != NULL && pyw_profile_is_over(self->profile)) {
        pyw_profile_stop(self->profile);
        self->profile = NULL;
    }
    if (self->profile != NULL) {
        pyw_profile_refuse(fd);
    }
    else {
        self->profile = pyw_profile_start(self->service.engine, fd, request);
    }
}

static void start_profile(pyw_worker *self, const pyw_frame *frame)
{
    pyw_message_profile request;
    int fd = pyw_channel_take_fd(self->manager);

    if (fd < 0) {
        return;
    }
    if (pyw_message_profile_decode(&request, frame->payload, frame->length) == PYW_OK) {
        profile(self, &request, fd);
    }
    else {
        close(fd);
    }
}

static void fork_worker(pyw_worker *self)
{
    pid_t pid = self->is_load_reported ? pyw_worker_template_fork(self->template, self->service.engine) : -1;

    self->is_forked = pid == 0;
    if (pid < 0) {
        pyw_log(PYW_LOG_ERR, PYWNO(0450) "the template cannot fork a worker: %s", strerror(errno));
    }
}

/* 0: not a command for a template. */
static int handle_template_command(pyw_worker *self, const pyw_frame *frame)
{
    if (self->template == NULL || (frame->type != PYW_FRAME_HAND && frame->type != PYW_FRAME_FORK)) {
        return 0;
    }
    if (frame->type == PYW_FRAME_HAND) {
        pyw_worker_template_take(self->template, frame->flags, pyw_channel_take_fd(self->manager));
    }
    else {
        fork_worker(self);
    }
    return 1;
}

static void handle_command(pyw_worker *self, const pyw_frame *frame)
{
    if (handle_template_command(self, frame)) {
        return;
    }
    switch (frame->type) {
    case PYW_FRAME_DRAIN:
        self->reason = (pyw_end_reason)frame->flags;
        pyw_worker_drain(self);
        break;
    case PYW_FRAME_SERVE:
        self->may_serve = 1;
        break;
    case PYW_FRAME_OPTIONS:
        pyw_inherit_options(&self->heritage, frame);
        pyw_worker_use_options(self);
        break;
    case PYW_FRAME_CHECK_FILES:
        pyw_file_check_ask(self->files, frame->flags == PYW_CHECK_CODE);
        break;
    case PYW_FRAME_STACKS:
        write_stacks(self);
        break;
    case PYW_FRAME_PROFILE:
        start_profile(self, frame);
        break;
    default:
        pyw_log(PYW_LOG_ERR, PYWNO(0417) "the manager sent %s, which a worker does not accept",
                pyw_frame_type_name(frame->type));
    }
}

/* The manager is alive, and replaces the worker when the channel is closed. */
static void give_up_commands(pyw_worker *self, pyw_result result)
{
    pyw_log(PYW_LOG_ERR,
            PYWNO(0700) "the worker cannot read the commands of its manager (%s): it finishes its requests, and is "
                        "replaced",
            result == PYW_FAILED ? strerror(errno) : pyw_result_name(result));
    pyw_worker_drain_in_time(self);
    pyw_channel_close(self->manager);
}

void pyw_worker_handle_commands(pyw_worker *self)
{
    pyw_frame frame;
    pyw_result result = PYW_OK;

    while (pyw_channel_fd(self->manager) >= 0 && result == PYW_OK && !self->is_forked) {
        result = pyw_channel_read(self->manager, &frame, 0);
        if (result == PYW_OK) {
            handle_command(self, &frame);
        }
    }
    if (result == PYW_FAILED || result == PYW_MALFORMED) {
        give_up_commands(self, result);
    }
    else if (result != PYW_OK && result != PYW_AGAIN) {
        pyw_worker_lose_manager(self);
    }
}
