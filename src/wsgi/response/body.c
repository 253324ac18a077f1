/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/body.h"

#include "wsgi/response/file_wrapper.h"
#include "wsgi/response/head.h"
#include "wsgi/response/response.h"
#include "wsgi/state.h"

/*
 * Adds a Content-Length if the head can still have one. For HEAD an empty body says nothing about what GET would get.
 * -1 with an exception set.
 */
static int declare_length(pyw_request *request, uint64_t length)
{
    if (request->head_sent || !request->started || (length == 0 && pyw_request_is_head(request))) {
        return 0;
    }
    return pyw_wsgi_response_add_length(request, length);
}

/* -1: a block is not bytes, or there is no head yet; sending them one by one will find out. */
static int64_t total_length(const pyw_request *request, PyObject *sequence)
{
    int64_t total = 0;

    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence); i++) {
        PyObject *block = PySequence_Fast_GET_ITEM(sequence, i);

        if (!PyBytes_Check(block)) {
            return -1;
        }
        total += PyBytes_GET_SIZE(block);
    }
    return request->started ? total : -1;
}

/* A list or tuple: its length is known, and so is that no code runs between its blocks. 1: it was coalesced. */
static int send_sequence(pyw_request *request, PyObject *sequence)
{
    int64_t total = total_length(request, sequence);

    if (total < 0) {
        return 0;
    }
    if (declare_length(request, (uint64_t)total) < 0) {
        return -1;
    }
    if (request->head_sent || total > PYW_WSGI_RESPONSE_COALESCE_MAX) {
        return 0;
    }
    request->gathering = 1;
    /* A warning about too many bytes may give up the GIL, and then the list may change. */
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence); i++) {
        PyObject *block = PySequence_Fast_GET_ITEM(sequence, i);
        int rv;

        Py_INCREF(block);
        rv = pyw_wsgi_response_write_object(request, block);
        Py_DECREF(block);
        if (rv < 0) {
            return -1;
        }
    }
    return 1;
}

/* A wrapped regular file leaves by its descriptor. 1: it did; 0: it is none. */
static int send_file(pyw_request *request, PyObject *wrapper)
{
    uint64_t length;
    off_t offset;
    int fd;

    if (!request->started || !pyw_file_wrapper_file(wrapper, &fd, &offset, &length)) {
        return 0;
    }
    if (declare_length(request, length) < 0) {
        return -1;
    }
    /* A part of a file is what a Content-Length of the application's own means: no reason for a warning. */
    if (request->has_length && length > request->length - request->sent) {
        length = request->length - request->sent;
    }
    return pyw_wsgi_response_send_file(request, fd, offset, length) < 0 ? -1 : 1;
}

/* PEP 3333: an iterable whose len() is 1 gives its Content-Length away with its only block. */
static int is_single(PyObject *iterable)
{
    PyTypeObject *type = Py_TYPE(iterable);
    Py_ssize_t length;

    if ((type->tp_as_sequence == NULL || type->tp_as_sequence->sq_length == NULL) &&
        (type->tp_as_mapping == NULL || type->tp_as_mapping->mp_length == NULL)) {
        return 0;
    }
    length = PyObject_Size(iterable);
    PyErr_Clear();
    return length == 1;
}

/* Is this block all of a small response, and is nothing to be waited for behind it? */
static int completes(const pyw_request *request, PyObject *block)
{
    uint64_t size = (uint64_t)PyBytes_GET_SIZE(block);

    return request->started && !request->head_sent && request->has_length && size >= request->length &&
           size <= PYW_WSGI_RESPONSE_COALESCE_MAX;
}

/* Without a flusher close() might hold up what was coalesced. */
static int may_gather(const pyw_request *request, int has_close)
{
    return !has_close || request->exchange->takes_parallel;
}

static int send_block(pyw_request *request, PyObject *block, int single, int has_close)
{
    if (PyBytes_Check(block)) {
        if (single && declare_length(request, (uint64_t)PyBytes_GET_SIZE(block)) < 0) {
            return -1;
        }
        if (may_gather(request, has_close) && completes(request, block)) {
            request->gathering = 1;
        }
    }
    return pyw_wsgi_response_write_object(request, block);
}

/* An application may call start_response as late as with its first block: so one is asked for even for HEAD. */
static int wants_block(const pyw_request *request)
{
    return !request->started || !pyw_wsgi_response_is_full(request);
}

/* Returns: new reference; NULL at the end, or with an exception set. */
static PyObject *next_block(pyw_request *request, PyObject *iterator)
{
    PyObject *block = PyIter_Next(iterator);

    pyw_request_check_process(request);
    return block;
}

static int send_blocks(pyw_request *request, PyObject *iterable, int has_close)
{
    PyObject *iterator = PyObject_GetIter(iterable), *block;
    int single, rv = 0;

    pyw_request_check_process(request);
    if (iterator == NULL) {
        return -1;
    }
    single = is_single(iterable);
    while (rv == 0 && wants_block(request) && (block = next_block(request, iterator)) != NULL) {
        rv = send_block(request, block, single, has_close);
        Py_DECREF(block);
    }
    Py_DECREF(iterator);
    return rv < 0 || PyErr_Occurred() ? -1 : 0;
}

static int send_all(pyw_request *request, PyObject *result, int has_close)
{
    int sent = 0;

    if (PyList_CheckExact(result) || PyTuple_CheckExact(result)) {
        sent = send_sequence(request, result);
    }
    else if (Py_TYPE(result) == request->state->file_wrapper_type) {
        sent = send_file(request, result);
    }
    return sent != 0 ? sent : send_blocks(request, result, has_close);
}

int pyw_body_send(pyw_request *request, PyObject *result, int has_close)
{
    if (send_all(request, result, has_close) < 0) {
        return -1;
    }
    if (request->started && request->sent == 0 && declare_length(request, 0) < 0) {
        return -1;
    }
    return request->started && has_close ? pyw_wsgi_response_leave_last(request) : 0;
}
