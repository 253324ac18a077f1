/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/early_hints.h"

#include <stdlib.h>

#include "wsgi/response/head.h"
#include "wsgi/response/validate.h"

/* Copies, because the GIL is released. */
typedef struct hints {
    pyw_buffer bytes; /* names and values, concatenated */
    pyw_pair *pairs;
    uint32_t count;
} hints;

/* Headers of the connection and Content-Length have no meaning in a 103 response. */
static int is_allowed(const char *name, size_t length)
{
    return pyw_validate_name(name, length) && !pyw_validate_is_hop_by_hop(name, length) &&
           !pyw_validate_is_content_length(name, length);
}

static int add_hint(hints *taken, PyObject *name_object, PyObject *value_object)
{
    pyw_native_header header;
    pyw_pair *pair = &taken->pairs[taken->count];

    if (pyw_wsgi_response_native_header(&header, name_object, value_object) < 0) {
        return -1;
    }
    if (!is_allowed(header.name, header.name_length)) {
        PyErr_Format(PyExc_ValueError, "%R is not a header of an early hint", name_object);
        return -1;
    }
    if (taken->bytes.length + header.name_length + header.value_length > PYW_WSGI_RESPONSE_HEAD_MAX) {
        PyErr_SetString(PyExc_ValueError, "the early hints are over 256 KiB, the limit of a response's head");
        return -1;
    }
    pyw_buffer_append(&taken->bytes, header.name, header.name_length);
    pyw_buffer_append(&taken->bytes, header.value, header.value_length);
    pair->name_length = (uint32_t)header.name_length;
    pair->value_length = (uint32_t)header.value_length;
    taken->count++;
    return 0;
}

/* Call this when the buffer does not move any more. */
static void point(hints *taken)
{
    const char *at = taken->bytes.data;

    for (uint32_t i = 0; i < taken->count; i++) {
        taken->pairs[i].name = at;
        at += taken->pairs[i].name_length;
        taken->pairs[i].value = at;
        at += taken->pairs[i].value_length;
    }
}

static int take_hints(hints *taken, PyObject *headers)
{
    taken->pairs = calloc((size_t)PyList_GET_SIZE(headers), sizeof(*taken->pairs));
    if (taken->pairs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    /* No Python code runs here unless an error occurs, so the list does not change. */
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(headers); i++) {
        PyObject *item = PyList_GET_ITEM(headers, i);

        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_Format(PyExc_TypeError, "a header must be a tuple (name, value), not %R", item);
            return -1;
        }
        if (add_hint(taken, PyTuple_GET_ITEM(item, 0), PyTuple_GET_ITEM(item, 1)) < 0) {
            return -1;
        }
    }
    if (taken->bytes.failed) {
        PyErr_NoMemory();
        return -1;
    }
    point(taken);
    return 0;
}

static void send_hints(pyw_request *request, const hints *taken)
{
    pyw_exchange *exchange = request->exchange;
    PyThreadState *thread = pyw_request_enter(request);

    /* If the client has left, the response will report it. */
    exchange->ops->interim(exchange, 103, taken->pairs, taken->count);
    pyw_request_leave(request, thread);
}

int pyw_early_hints_send(pyw_request *request, PyObject *headers)
{
    hints taken = {{0}, NULL, 0};
    int rv = 0;

    if (!PyList_Check(headers)) {
        PyErr_Format(PyExc_TypeError, "early hints must be a list of (name, value) tuples, not %s",
                     Py_TYPE(headers)->tp_name);
        return -1;
    }
    if (request->head_sent) {
        PyErr_SetString(PyExc_RuntimeError, "early hints cannot be sent after the head of the response");
        return -1;
    }
    if (PyList_GET_SIZE(headers) > 0) {
        rv = take_hints(&taken, headers);
        if (rv == 0) {
            send_hints(request, &taken);
        }
    }
    free(taken.pairs);
    pyw_buffer_free(&taken.bytes);
    return rv;
}
