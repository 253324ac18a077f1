/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/head.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsgi/failures.h"
#include "wsgi/response/validate.h"

/* The summary of the header list of a start_response call. */
typedef struct fields {
    pyw_request *request;
    int has_length;
    uint64_t length;
} fields;

/*
 * Returns the Latin-1 bytes of a native string (PEP 3333, "A Note On String Types"), borrowed from `object`. NULL with
 * TypeError or ValueError set; `what` names the object in the message.
 */
static const char *native_string(PyObject *object, const char *what, size_t *length)
{
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be a str, not %s (PEP 3333: status and headers are native strings)",
                     what, Py_TYPE(object)->tp_name);
        return NULL;
    }
#if PY_VERSION_HEX < 0x030c0000
    if (PyUnicode_READY(object) < 0) {
        return NULL;
    }
#endif
    if (PyUnicode_KIND(object) != PyUnicode_1BYTE_KIND) {
        PyErr_Format(PyExc_ValueError, "%s contains characters outside Latin-1: %R", what, object);
        return NULL;
    }
    *length = (size_t)PyUnicode_GET_LENGTH(object);
    return (const char *)PyUnicode_1BYTE_DATA(object);
}

int pyw_wsgi_response_native_header(pyw_native_header *header, PyObject *name, PyObject *value)
{
    header->name = native_string(name, "a header name", &header->name_length);
    if (header->name == NULL) {
        return -1;
    }
    header->value = native_string(value, "a header value", &header->value_length);
    if (header->value == NULL) {
        return -1;
    }
    if (!pyw_validate_value(header->value, header->value_length)) {
        PyErr_Format(PyExc_ValueError, "the value of header %R contains a control character: %R", name, value);
        return -1;
    }
    return 0;
}

static int status_fault(pyw_status_fault fault, PyObject *status)
{
    switch (fault) {
    case PYW_STATUS_OK:
        return 0;
    case PYW_STATUS_SHAPE:
        PyErr_Format(PyExc_ValueError, "the status must be three digits, a space and a reason, not %R", status);
        break;
    case PYW_STATUS_CONTROL:
        PyErr_Format(PyExc_ValueError, "the status contains a control character: %R", status);
        break;
    case PYW_STATUS_INTERIM:
        PyErr_Format(PyExc_ValueError, "a 1xx status cannot be the final status: %R", status);
        break;
    case PYW_STATUS_RANGE:
        PyErr_Format(PyExc_ValueError, "the status must be from 200 to 599, not %R", status);
        break;
    }
    return -1;
}

static int take_status(pyw_ending *ending, PyObject *status)
{
    size_t length, reason;
    const char *text = native_string(status, "the status", &length);

    if (text == NULL || status_fault(pyw_validate_status(text, length, &ending->status_code, &reason), status) < 0) {
        return -1;
    }
    if (length > PYW_WSGI_RESPONSE_HEAD_MAX) {
        PyErr_SetString(PyExc_ValueError, "the status line is over 256 KiB, which is the limit of a response's head");
        return -1;
    }
    ending->reason_length = (uint32_t)(length - reason);
    pyw_buffer_append(&ending->head, text + reason, length - reason);
    return 0;
}

static int grow_headers(pyw_ending *ending)
{
    uint32_t capacity = ending->capacity == 0 ? 16 : ending->capacity * 2;
    pyw_pair *grown = realloc(ending->headers, capacity * sizeof(*grown));

    if (grown == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    ending->headers = grown;
    ending->capacity = capacity;
    return 0;
}

static int append_header(pyw_ending *ending, const pyw_native_header *header)
{
    size_t length = ending->head.length + header->name_length + header->value_length;

    /* ": " and the line end count towards the size of a head. */
    if (length + 4 * (size_t)(ending->count + 1) > PYW_WSGI_RESPONSE_HEAD_MAX) {
        PyErr_SetString(PyExc_ValueError, "status and headers are over 256 KiB, the limit of a response's head");
        return -1;
    }
    if (ending->count == ending->capacity && grow_headers(ending) < 0) {
        return -1;
    }
    pyw_buffer_append(&ending->head, header->name, header->name_length);
    pyw_buffer_append(&ending->head, header->value, header->value_length);
    if (ending->head.failed) {
        PyErr_NoMemory();
        return -1;
    }
    ending->headers[ending->count].name_length = (uint32_t)header->name_length;
    ending->headers[ending->count].value_length = (uint32_t)header->value_length;
    ending->count++;
    return 0;
}

/* 1: send the header; 0: a repetition of the same Content-Length; -1: an exception is set. */
static int take_content_length(fields *taken, const char *value, size_t length, PyObject *object)
{
    uint64_t number;

    if (!pyw_validate_length(value, length, &number)) {
        PyErr_Format(PyExc_ValueError, "Content-Length must be digits only, not %R", object);
        return -1;
    }
    if (taken->has_length && taken->length != number) {
        PyErr_Format(PyExc_ValueError, "two different Content-Length headers: %llu and %llu",
                     (unsigned long long)taken->length, (unsigned long long)number);
        return -1;
    }
    if (taken->has_length) {
        return 0;
    }
    taken->has_length = 1;
    taken->length = number;
    return 1;
}

static int take_header(fields *taken, PyObject *name_object, PyObject *value_object)
{
    pyw_native_header header;
    int wanted = 1;

    if (pyw_wsgi_response_native_header(&header, name_object, value_object) < 0) {
        return -1;
    }
    if (!pyw_validate_name(header.name, header.name_length)) {
        PyErr_Format(PyExc_ValueError, "%R is not a header name", name_object);
        return -1;
    }
    if (pyw_validate_is_hop_by_hop(header.name, header.name_length)) {
        pyw_request_log(taken->request, PYW_LOG_WARNING,
                        PYWNO(0600) "the application sent the header %.*s, which belongs to the connection and not to "
                                    "an application (PEP 3333); it was dropped",
                        (int)(header.name_length < 200 ? header.name_length : 200), header.name);
        return 0;
    }
    if (pyw_validate_is_content_length(header.name, header.name_length)) {
        wanted = take_content_length(taken, header.value, header.value_length, value_object);
    }
    return wanted <= 0 ? wanted : append_header(taken->request->ending, &header);
}

static int take_headers(fields *taken, PyObject *headers)
{
    if (!PyList_Check(headers)) {
        PyErr_Format(PyExc_TypeError, "the headers must be a list of (name, value) tuples, not %s (PEP 3333)",
                     Py_TYPE(headers)->tp_name);
        return -1;
    }
    /* Logging may release the GIL, and then the list may change. Keep no index or item over the call. */
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(headers); i++) {
        PyObject *item = PyList_GET_ITEM(headers, i);
        int rv;

        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_Format(PyExc_TypeError, "a header must be a tuple (name, value), not %R (PEP 3333)", item);
            return -1;
        }
        Py_INCREF(item);
        rv = take_header(taken, PyTuple_GET_ITEM(item, 0), PyTuple_GET_ITEM(item, 1));
        Py_DECREF(item);
        if (rv < 0) {
            return -1;
        }
    }
    return 0;
}

static void forget_head(pyw_ending *ending)
{
    pyw_buffer_reset(&ending->head, PYW_WSGI_RESPONSE_HEAD_MAX);
    ending->head.failed = 0;
    ending->count = 0;
    ending->reason_length = 0;
}

int pyw_wsgi_response_start(pyw_request *request, PyObject *status, PyObject *headers)
{
    fields taken = {request, 0, 0};
    int code;

    request->started = 0;
    forget_head(request->ending);
    if (take_status(request->ending, status) < 0 || take_headers(&taken, headers) < 0) {
        forget_head(request->ending);
        return -1;
    }
    code = request->ending->status_code;
    if (code == 500) {
        pyw_failures_note_response(request);
    }
    request->bodiless = pyw_request_is_head(request) || code == 204 || code == 304;
    request->has_length = taken.has_length;
    request->length = taken.length;
    request->started = 1;
    return 0;
}

int pyw_wsgi_response_add_length(pyw_request *request, uint64_t length)
{
    char text[24];
    pyw_native_header header = {"Content-Length", text, 14, 0};

    if (request->has_length || request->ending->status_code == 204 || request->ending->status_code == 304) {
        return 0;
    }
    header.value_length = (size_t)snprintf(text, sizeof(text), "%" PRIu64, length);
    if (append_header(request->ending, &header) < 0) {
        return -1;
    }
    request->has_length = 1;
    request->length = length;
    return 0;
}

void pyw_wsgi_response_head(pyw_ending *ending, pyw_head *head)
{
    const char *at = ending->head.data + ending->reason_length;

    for (uint32_t i = 0; i < ending->count; i++) {
        ending->headers[i].name = at;
        at += ending->headers[i].name_length;
        ending->headers[i].value = at;
        at += ending->headers[i].value_length;
    }
    head->status = ending->status_code;
    head->reason = ending->reason_length > 0 ? ending->head.data : "";
    head->reason_length = ending->reason_length;
    head->headers = ending->headers;
    head->count = ending->count;
}
