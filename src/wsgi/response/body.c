/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/body.h"

#include "wsgi/response/file_wrapper.h"
#include "wsgi/response/head.h"
#include "wsgi/response/response.h"
#include "wsgi/state.h"

/*
 * Adds a Content-Length if the head is still pending. Not for an empty body of HEAD, which does not show the length for
 * GET. -1 with an exception set.
 */
static int declare_length(pyw_request *request, uint64_t length)
{
    if (request->head_sent || !request->started || (length == 0 && pyw_request_is_head(request))) {
        return 0;
    }
    return pyw_wsgi_response_add_length(request, length);
}

/* -1: a block is not bytes, or the head does not exist yet; sending the blocks will report it. */
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

/* For a list or tuple: its length is known, and no code runs between its blocks. 1: it was coalesced. */
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
    request->coalescing = 1;
    /* A warning about surplus bytes may release the GIL, and then the list may change. */
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

/* Sends a wrapped regular file by its descriptor. 1: sent; 0: not a regular file. */
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
    /* If the application's own Content-Length is smaller, it wants to send a part of the file: do not warn. */
    if (request->has_length && length > request->length - request->sent) {
        length = request->length - request->sent;
    }
    return pyw_wsgi_response_send_file(request, fd, offset, length) < 0 ? -1 : 1;
}

/* PEP 3333: if len() of an iterable is 1, its only block determines Content-Length. */
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

/* Whether this block is the complete body of a small response. */
static int completes(const pyw_request *request, PyObject *block)
{
    uint64_t size = (uint64_t)PyBytes_GET_SIZE(block);

    return request->started && !request->head_sent && request->has_length && size >= request->length &&
           size <= PYW_WSGI_RESPONSE_COALESCE_MAX;
}

static int send_block(pyw_request *request, PyObject *block, int single, int has_close)
{
    if (PyBytes_Check(block)) {
        if (single && declare_length(request, (uint64_t)PyBytes_GET_SIZE(block)) < 0) {
            return -1;
        }
        /* Without a flusher, a slow close() would delay the coalesced bytes. */
        if ((!has_close || request->exchange->takes_parallel) && completes(request, block)) {
            request->coalescing = 1;
        }
    }
    return pyw_wsgi_response_write_object(request, block);
}

/* An application may call start_response in its first block, so take that block even for HEAD. */
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

static int send_items(pyw_request *request, PyObject *result, int has_close)
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
    if (send_items(request, result, has_close) < 0) {
        return -1;
    }
    if (request->started && request->sent == 0 && declare_length(request, 0) < 0) {
        return -1;
    }
    return request->started && has_close ? pyw_wsgi_response_finish_early(request) : 0;
}
