/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/response.h"

#include <inttypes.h>

#include "base/clock.h"
#include "wsgi/response/outgoing.h"

/* The interval of checks for the client while the application sends nothing. */
enum { CLIENT_CHECK_MS = 100 };

int pyw_wsgi_response_is_full(const pyw_request *request)
{
    return request->bodiless || (request->has_length && request->sent >= request->length);
}

/* The body is shorter than Content-Length. */
static int is_short(const pyw_request *request)
{
    return request->has_length && request->sent < request->length && !request->bodiless;
}

uint64_t pyw_wsgi_response_clamp(pyw_request *request, uint64_t length)
{
    uint64_t room;

    if (request->bodiless) {
        return 0;
    }
    if (!request->has_length) {
        return length;
    }
    room = request->length - request->sent;
    if (length <= room) {
        return length;
    }
    if (!request->overrun) {
        request->overrun = 1;
        pyw_request_log(request, PYW_LOG_WARNING,
                        PYWNO(0601) "the application sends more bytes than its Content-Length of %" PRIu64
                                    "; the excess is dropped",
                        request->length);
    }
    return room;
}

static int write_failed(pyw_request *request, pyw_result result)
{
    request->failed_write = 1;
    if (result == PYW_TIMEOUT) {
        PyErr_SetString(PyExc_TimeoutError, "the client did not take the response in time");
    }
    else if (result == PYW_GONE || result == PYW_EOF) {
        PyErr_SetString(PyExc_ConnectionResetError, "the client has left");
    }
    else {
        request->failed_here = 1;
        PyErr_Format(PyExc_OSError, "the response could not be sent: %s", pyw_result_name(result));
    }
    return -1;
}

static int send_piece(pyw_request *request, const pyw_piece *piece, int is_last)
{
    int64_t begun = pyw_measured_clock(&request->measured);
    pyw_result result;

    request->head_sent = 1;
    result = pyw_outgoing_send(request, piece, is_last);
    request->measured.write_us += pyw_measured_clock(&request->measured) - begun;
    return result == PYW_OK ? 0 : write_failed(request, result);
}

static int coalesce_bytes(pyw_request *request, const char *data, size_t length)
{
    pyw_buffer_append(&request->ending->body, data, length);
    if (request->ending->body.failed) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

/* -1 with an exception set: nothing may be sent. */
static int check_writable(pyw_request *request)
{
    if (!request->started) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the application produced a body without having called start_response (PEP 3333)");
        return -1;
    }
    return request->failed_write ? write_failed(request, PYW_GONE) : 0;
}

/*
 * An application that waits may yield empty blocks, even before it has a status. Without data, no send fails when the
 * client has left, so check the client here.
 */
static int write_nothing(pyw_request *request)
{
    int64_t now = pyw_clock_ms();
    int gone = request->failed_write;

    if (now >= request->client_due && pyw_request_try(request)) {
        request->client_due = now + CLIENT_CHECK_MS;
        gone |= request->exchange->ops->client_gone(request->exchange);
        pyw_request_done(request);
    }
    return gone ? write_failed(request, PYW_GONE) : 0;
}

/* Shortens the piece to the Content-Length. 1: send it; 0: nothing is left of it; -1: an exception is set. */
static int take_piece(pyw_request *request, pyw_piece *piece)
{
    if (check_writable(request) < 0) {
        return -1;
    }
    piece->length = pyw_wsgi_response_clamp(request, piece->length);
    request->sent += piece->length;
    request->measured.writes++;
    return piece->length > 0;
}

int pyw_wsgi_response_write(pyw_request *request, const char *data, size_t length)
{
    pyw_piece part = {data, length, -1, 0};
    int rv;

    if (length == 0) {
        return write_nothing(request);
    }
    rv = take_piece(request, &part);
    if (rv <= 0) {
        return rv;
    }
    if (request->coalescing) {
        return coalesce_bytes(request, data, (size_t)part.length);
    }
    return send_piece(request, &part, pyw_wsgi_response_is_full(request));
}

int pyw_wsgi_response_send_file(pyw_request *request, int fd, off_t offset, uint64_t length)
{
    pyw_piece part = {NULL, length, fd, offset};
    int rv = take_piece(request, &part);

    return rv <= 0 ? rv : send_piece(request, &part, pyw_wsgi_response_is_full(request));
}

int pyw_wsgi_response_finish_early(pyw_request *request)
{
    pyw_result result;

    if (is_short(request)) {
        return 0;
    }
    if (check_writable(request) < 0) {
        return -1;
    }
    request->head_sent = 1;
    result = pyw_outgoing_finish_early(request);
    return result == PYW_OK ? 0 : write_failed(request, result);
}

int pyw_wsgi_response_write_object(pyw_request *request, PyObject *chunk)
{
    if (!PyBytes_Check(chunk)) {
        PyErr_Format(PyExc_TypeError, "a block of the body must be bytes, not %s (PEP 3333: bodies are byte strings)",
                     Py_TYPE(chunk)->tp_name);
        return -1;
    }
    return pyw_wsgi_response_write(request, PyBytes_AS_STRING(chunk), (size_t)PyBytes_GET_SIZE(chunk));
}

void pyw_wsgi_response_end(pyw_request *request)
{
    pyw_ending *ending = request->ending;

    if (is_short(request)) {
        pyw_request_log(request, PYW_LOG_WARNING,
                        PYWNO(0602) "the application sent %" PRIu64 " of the %" PRIu64 " bytes of its Content-Length; "
                                    "the connection is closed so that the client detects it",
                        request->sent, request->length);
        ending->outcome = PYW_TRUNCATED;
    }
    else {
        ending->outcome = PYW_DONE;
    }
    ending->send = 1;
}

void pyw_wsgi_response_close(pyw_request *request)
{
    pyw_ending *ending = request->ending;
    pyw_result result = pyw_outgoing_close(request);

    if (ending->outcome == PYW_TRUNCATED && ending->body.length > 0) {
        ending->send = 1;
    }
    if (request->outgoing.last_sent || result != PYW_OK) {
        ending->send = 0;
    }
    if (ending->outcome == PYW_DONE && result != PYW_OK) {
        ending->outcome = PYW_TRUNCATED;
    }
    ending->head_pending = !request->outgoing.head_sent;
}
