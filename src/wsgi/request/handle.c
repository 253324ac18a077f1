/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/request/handle.h"

#include <stddef.h>

#include "python/process/forked.h"
#include "wsgi/request/events.h"
#include "wsgi/response/early_hints.h"
#include "wsgi/response/head.h"
#include "wsgi/response/response.h"

typedef struct handle {
    PyObject_HEAD vectorcallfunc call;
    pyw_request *request; /* NULL: inert */
    PyObject *write;      /* borrowed; belongs to the same kit */
} handle;

static handle *handle_of(PyObject *object)
{
    return (handle *)(void *)object;
}

static pyw_request *request_of(PyObject *object, const char *what)
{
    pyw_request *request = handle_of(object)->request;

    if (request == NULL) {
        PyErr_Format(PyExc_RuntimeError, "%s was called after the end of its request", what);
    }
    return request;
}

/* Reads positional and keyword arguments; `names` ends with NULL. */
static int take_arguments(PyObject **out, const char *const *names, PyObject *const *args, size_t nargsf,
                          PyObject *kwnames, const char *what)
{
    Py_ssize_t given = PyVectorcall_NARGS(nargsf);
    Py_ssize_t keywords = kwnames != NULL ? PyTuple_GET_SIZE(kwnames) : 0;
    Py_ssize_t known = 0;

    while (names[known] != NULL) {
        out[known] = known < given ? args[known] : NULL;
        known++;
    }
    if (given > known) {
        PyErr_Format(PyExc_TypeError, "%s takes at most %zd arguments, not %zd", what, known, given);
        return -1;
    }
    for (Py_ssize_t k = 0; k < keywords; k++) {
        Py_ssize_t i = 0;

        while (names[i] != NULL && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, k), names[i]) != 0) {
            i++;
        }
        if (names[i] == NULL || out[i] != NULL) {
            PyErr_Format(PyExc_TypeError, "%s got an unexpected argument %R", what, PyTuple_GET_ITEM(kwnames, k));
            return -1;
        }
        out[i] = args[given + k];
    }
    return 0;
}

/* PEP 3333: if the head was already sent, raises the exception again. Returns NULL. */
static PyObject *raise_again(PyObject *exc_info)
{
    PyObject *type = PyTuple_GET_ITEM(exc_info, 0);
    PyObject *value = PyTuple_GET_ITEM(exc_info, 1);
    PyObject *traceback = PyTuple_GET_ITEM(exc_info, 2);

    if (!PyExceptionClass_Check(type)) {
        PyErr_Format(PyExc_TypeError, "exc_info must be the result of sys.exc_info(), not %R", exc_info);
        return NULL;
    }
    Py_INCREF(type);
    Py_XINCREF(value);
    if (traceback != NULL && !PyTraceBack_Check(traceback)) {
        traceback = NULL;
    }
    Py_XINCREF(traceback);
    PyErr_Restore(type, value, traceback);
    return NULL;
}

/* 0: continue and take the head. */
static int check_exc_info(const pyw_request *request, PyObject *exc_info)
{
    if (exc_info == NULL || exc_info == Py_None) {
        if (request->started) {
            PyErr_SetString(PyExc_RuntimeError,
                            "start_response was called a second time without exc_info, which PEP 3333 calls a fatal "
                            "error: the headers of the first call would be lost");
            return -1;
        }
        return 0;
    }
    if (!PyTuple_Check(exc_info) || PyTuple_GET_SIZE(exc_info) != 3) {
        PyErr_Format(PyExc_TypeError, "exc_info must be the tuple that sys.exc_info() returns, not %s",
                     Py_TYPE(exc_info)->tp_name);
        return -1;
    }
    if (request->head_sent) {
        raise_again(exc_info);
        return -1;
    }
    return 0;
}

/* A forked process must not answer. If its application reports an exception, the exception ends the process. */
static void leave_if_forked(pyw_request *request, PyObject *exc_info)
{
    if (pyw_forked_is_child() && exc_info != NULL && PyTuple_Check(exc_info) && PyTuple_GET_SIZE(exc_info) == 3) {
        raise_again(exc_info);
    }
    pyw_request_check_process(request);
}

static PyObject *start_response_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    static const char *const names[] = {"status", "headers", "exc_info", NULL};
    pyw_request *request = request_of(self, "start_response");
    PyObject *given[3];

    if (request == NULL || take_arguments(given, names, args, nargsf, kwnames, "start_response") < 0) {
        return NULL;
    }
    leave_if_forked(request, given[2]);
    if (given[0] == NULL || given[1] == NULL) {
        PyErr_SetString(PyExc_TypeError, "start_response needs a status and a list of headers (PEP 3333)");
        return NULL;
    }
    if (check_exc_info(request, given[2]) < 0 || pyw_wsgi_response_start(request, given[0], given[1]) < 0 ||
        pyw_events_response_started(request, given[0], given[1], given[2]) < 0) {
        return NULL;
    }
    Py_INCREF(handle_of(self)->write);
    return handle_of(self)->write;
}

static PyObject *write_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    static const char *const names[] = {"data", NULL};
    pyw_request *request = request_of(self, "write");
    PyObject *data[1];

    if (request == NULL || take_arguments(data, names, args, nargsf, kwnames, "write") < 0) {
        return NULL;
    }
    pyw_request_check_process(request);
    if (data[0] == NULL) {
        PyErr_SetString(PyExc_TypeError, "write needs a bytes object (PEP 3333)");
        return NULL;
    }
    if (pyw_wsgi_response_write_object(request, data[0]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *client_gone_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    pyw_request *request = request_of(self, "pywsgi.client_gone");
    int gone;

    if (request == NULL) {
        return NULL;
    }
    if (pyw_forked_is_child()) {
        Py_RETURN_TRUE;
    }
    if (PyVectorcall_NARGS(nargsf) != 0 || (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0)) {
        PyErr_SetString(PyExc_TypeError, "pywsgi.client_gone takes no arguments");
        return NULL;
    }
    gone = request->failed_write;
    /* If another thread is reading the body, its read will notice. */
    if (!gone && pyw_request_try(request)) {
        gone = request->exchange->ops->client_gone(request->exchange);
        pyw_request_done(request);
    }
    return PyBool_FromLong(gone);
}

static PyObject *early_hints_call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    static const char *const names[] = {"headers", NULL};
    pyw_request *request = request_of(self, "wsgi.early_hints");
    PyObject *headers[1];

    if (request == NULL || take_arguments(headers, names, args, nargsf, kwnames, "wsgi.early_hints") < 0) {
        return NULL;
    }
    pyw_request_check_process(request);
    if (headers[0] == NULL) {
        PyErr_SetString(PyExc_TypeError, "wsgi.early_hints needs a list of headers");
        return NULL;
    }
    if (pyw_early_hints_send(request, headers[0]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static void handle_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef handle_members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(handle, call), READONLY, NULL},
                                       {NULL, 0, 0, 0, NULL}};

static const struct {
    const char *name;
    const char *doc;
    vectorcallfunc call;
} kinds[PYW_HANDLE_KINDS] = {
    [PYW_HANDLE_START_RESPONSE] = {"pywsgi.StartResponse",
                                   "start_response(status, headers, exc_info=None) of PEP 3333.", start_response_call},
    [PYW_HANDLE_WRITE] = {"pywsgi.Write", "write(data), the callable that start_response returns (PEP 3333).",
                          write_call},
    [PYW_HANDLE_CLIENT_GONE] = {"pywsgi.ClientGone",
                                "client_gone() -> bool: whether the client of this request has left.",
                                client_gone_call},
    [PYW_HANDLE_EARLY_HINTS] = {"pywsgi.EarlyHints",
                                "early_hints(headers): sends a 103 response before the final response.",
                                early_hints_call}};

PyTypeObject *pyw_handle_type(pyw_handle_kind kind)
{
    PyType_Slot slots[] = {{Py_tp_dealloc, (void *)handle_dealloc},
                           {Py_tp_call, (void *)PyVectorcall_Call},
                           {Py_tp_members, handle_members},
                           {Py_tp_doc, (void *)(uintptr_t)kinds[kind].doc},
                           {0, NULL}};
    PyType_Spec spec = {kinds[kind].name, (int)sizeof(handle), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
                        slots};
    PyTypeObject *type = (PyTypeObject *)(void *)PyType_FromSpec(&spec);

    if (type != NULL) {
        type->tp_new = NULL; /* 3.9 has no flag for types that Python code cannot instantiate */
    }
    return type;
}

PyObject *pyw_handle_create(PyTypeObject *type, pyw_handle_kind kind)
{
    PyObject *object = type->tp_alloc(type, 0);

    if (object != NULL) {
        handle_of(object)->call = kinds[kind].call;
    }
    return object;
}

void pyw_handle_lend(PyObject *object, pyw_request *request, PyObject *write)
{
    handle_of(object)->request = request;
    handle_of(object)->write = write;
}

void pyw_handle_withdraw(PyObject *object)
{
    handle_of(object)->request = NULL;
    handle_of(object)->write = NULL;
}
