/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/daemon.h"

#include <errno.h>
#include <http_log.h>

#include "base/clock.h"
#include "base/log.h"
#include "httpd/backend/background.h"
#include "httpd/backend/connection.h"
#include "httpd/backend/pool.h"
#include "httpd/backend/relay.h"
#include "httpd/environ.h"
#include "httpd/log/log.h"
#include "httpd/queue/admission.h"
#include "httpd/request/upload.h"
#include "httpd/response/response.h"

APLOG_USE_MODULE(pywsgi);

/* OK, or the status of the response if the request does not fit into a frame. */
static int encode_request(request_rec *r, pyw_connection *connection, const pyw_target *target,
                          const pyw_upload *upload)
{
    const apr_array_header_t *pairs = pyw_environ_build(r, target, pyw_upload_length(upload));
    const pyw_application_spec *spec = &target->spec;
    pyw_message_request request = {
        .target_kind = (uint8_t)spec->kind,
        .group_is_default = (uint8_t)spec->group_is_default,
        .reloading = (uint8_t)spec->reloading,
        .interrupts_gone = target->config->interrupts_gone == PYW_ON,
        .is_function = (uint8_t)spec->is_function,
        .ignored = target->config->ignore_activity == PYW_ON,
        .arrival = (uint64_t)target->timing.arrival,
        .deadline = (uint64_t)target->timing.deadline,
        .target = spec->target,
        .callable = spec->callable,
        .group = spec->group,
        .id = target->timing.id,
    };

    pyw_message_request_encode(&connection->request, &request, (const pyw_pair *)pairs->elts, (uint32_t)pairs->nelts);
    if (connection->request.failed) {
        pyw_log_rerror(APLOG_MARK, APLOG_CRIT, APR_ENOMEM, r, PYWNO(0232) "out of memory for the request");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (connection->request.length > PYW_LIMIT_REQUEST) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                       PYWNO(0233) "headers and environment of this request are larger than %d bytes",
                       PYW_LIMIT_REQUEST);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

/* Whether the errno means that the worker does not listen any more. */
static int is_gone(int error)
{
    return error == ECONNREFUSED || error == ENOENT;
}

/* OK: connection->channel is open. HTTP_CONTINUE: the worker cannot be reached, and the request needs another slot. */
static int connect_to_worker(request_rec *r, pyw_connection *connection, pyw_admission *admission, int is_fresh)
{
    const pyw_group *group = admission->target->group;
    int error = pyw_connection_connect(connection, group, admission->slot.worker, is_fresh);

    if (!error) {
        return OK;
    }
    if (!is_gone(error) && error != EAGAIN) { /* not the worker's fault: another worker would not help */
        pyw_admission_take_back(admission);
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, error, r,
                       PYWNO(0231) "process group '%s': httpd's child cannot connect to a worker; the client gets 503",
                       group->options->name);
        return HTTP_SERVICE_UNAVAILABLE;
    }
    pyw_admission_retry(admission, is_gone(error));
    return HTTP_CONTINUE;
}

/*
 * The time at which httpd gives back the slot of an abandoned request even if the worker is still busy: ten times
 * socket-timeout after now or the deadline, whichever is later.
 */
static int64_t busy_until(const pyw_admission *admission, const server_rec *server)
{
    apr_interval_time_t timeout = admission->target->group->options->worker.socket_timeout;
    int64_t limit = apr_time_as_msec(timeout ? timeout : server->timeout) * 10;
    int64_t now = pyw_clock_ms(), deadline = admission->target->timing.deadline;

    return (deadline > now ? deadline : now) + limit;
}

/* The slot stays taken while the worker is busy. */
static void abandon_request(pyw_connection *connection, pyw_admission *admission)
{
    const pyw_group *group = admission->target->group;
    int fd;

    admission->gil_wait_us = *pyw_token_gil_wait(connection->token);
    fd = admission->has_slot ? pyw_connection_abandon(connection) : -1;
    if (fd >= 0) {
        pyw_background_abandon(group->options->name, group->slots, &admission->slot, fd,
                               busy_until(admission, admission->response->r->server));
        pyw_admission_forget(admission);
    }
}

/* The end of a pooled connection says nothing about its worker, unlike a refused new connection. */
static int relay(request_rec *r, pyw_connection *connection, pyw_admission *admission, pyw_upload *upload,
                 pyw_relay_state *end)
{
    int status = connect_to_worker(r, connection, admission, 0);

    if (status == OK) {
        *end = pyw_relay_run(connection, admission, upload);
    }
    if (status == OK && *end == PYW_RELAY_CLOSED && connection->is_pooled) {
        pyw_connection_disconnect(connection);
        status = connect_to_worker(r, connection, admission, 1);
        *end = status == OK ? pyw_relay_run(connection, admission, upload) : *end;
    }
    return status;
}

/* HTTP_CONTINUE: the selected worker has not begun the request, and never will. */
static int attempt(request_rec *r, pyw_connection *connection, pyw_admission *admission, pyw_upload *upload)
{
    const pyw_group *group = admission->target->group;
    pyw_relay_state end = PYW_RELAY_DONE;
    int status = pyw_admission_enter(admission);

    pyw_connection_pool_follow(group->options->manager.worker_list_index,
                               (apr_uint32_t)group->options->manager.worker_list_use, group->worker_list);
    if (status == OK) {
        status = relay(r, connection, admission, upload, &end);
    }
    if (status != OK) {
        return status;
    }
    if (end == PYW_RELAY_CLOSED || end == PYW_RELAY_GOAWAY) {
        pyw_connection_disconnect(connection);
        pyw_admission_retry(admission, 0);
        return HTTP_CONTINUE;
    }
    if (end == PYW_RELAY_TAKEN_BACK) {
        pyw_connection_disconnect(connection);
        pyw_admission_take_back(admission);
    }
    else if (end == PYW_RELAY_ABANDONED) {
        abandon_request(connection, admission);
    }
    return OK;
}

/* Tries other workers until pyw_admission_enter() refuses the request, because it must not wait any longer. */
static int serve_by_worker(request_rec *r, pyw_connection *connection, pyw_target *target, pyw_upload *upload)
{
    pyw_response response;
    pyw_admission admission;
    int status = HTTP_CONTINUE;

    pyw_response_init(&response, r, target->config);
    pyw_admission_init(&admission, target, &response);
    while (status == HTTP_CONTINUE) {
        status = attempt(r, connection, &admission, upload);
    }
    pyw_admission_leave(&admission);
    target->measure.begun = admission.slot.granted_at;
    target->measure.ended = admission.slot.left_at;
    target->measure.worker = admission.slot.pid;
    target->measure.gil_wait_us = admission.gil_wait_us;
    target->measure.refusal = admission.refusal;
    target->measure.client_left = response.client_gone;
    return status == OK ? pyw_response_result(&response) : status;
}

static int dispatch(request_rec *r, pyw_target *target, pyw_upload *upload)
{
    pyw_connection *connection = pyw_connection_take();
    int status = HTTP_SERVICE_UNAVAILABLE;

    if (!connection) {
        return status;
    }
    status = encode_request(r, connection, target, upload);
    if (status == OK) {
        status = serve_by_worker(r, connection, target, upload);
    }
    pyw_connection_give_back(connection);
    return status;
}

int pyw_daemon_serve(request_rec *r, pyw_target *target)
{
    pyw_upload upload;
    int status;

    pyw_upload_init(&upload, r, target->group, &target->timing);
    status = pyw_upload_collect(&upload);
    if (upload.has_body) {
        target->measure.collected = pyw_clock_us();
    }
    if (status == OK) {
        status = dispatch(r, target, &upload);
    }
    target->measure.request_bytes = upload.body.consumed;
    pyw_upload_close(&upload);
    return status;
}
