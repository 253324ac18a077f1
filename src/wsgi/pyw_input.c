/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/pyw_input.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE_BUFFER = 16 * 1024,
    FIRST_BLOCK = 64 * 1024 /* of a body of unknown length; doubled as need be */
};

typedef struct input {
    PyObject_HEAD
    pyw_request *request; /* NULL: no request */
    char *buffer;         /* LINE_BUFFER bytes, made for the first line; kept from request to request */
    size_t start, end;    /* what of the buffer was not returned */
    uint64_t received;    /* bytes that came from the exchange */
    pyw_result fault;     /* sticky */
    int at_end;
    int busy;             /* a thread is inside, without the GIL */
} input;

static input *input_of(PyObject *object)
{
    return (input *)(void *)object;
}

static int raise_fault(const input *self)
{
    switch (self->fault) {
    case PYW_GONE:
    case PYW_EOF:
        PyErr_SetString(PyExc_ConnectionResetError, "the client has gone before the end of the request body");
        break;
    case PYW_TIMEOUT:
        PyErr_SetString(PyExc_TimeoutError, "the client did not send the request body in time");
        break;
    default:
        PyErr_Format(PyExc_OSError, "the request body could not be read: %s", pyw_result_name(self->fault));
        break;
    }
    return -1;
}

/* What every method asks first. */
static int check(const input *self)
{
    if (self->request == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "wsgi.input was used after the end of its request");
        return -1;
    }
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError, "wsgi.input is being read by another thread");
        return -1;
    }
    return self->fault != PYW_OK ? raise_fault(self) : 0;
}

/* Reads until `size` bytes are there or the body ends, in one go without the GIL. -1 with OSError set. */
static int fill(input *self, char *out, size_t size, size_t *got)
{
    pyw_request *request = self->request;
    pyw_exchange *exchange = request->exchange;
    pyw_result result = PYW_OK;
    PyThreadState *thread;
    int ended = 0;

    *got = 0;
    if (self->at_end || size == 0 || !exchange->has_body) {
        self->at_end |= !exchange->has_body;
        return 0;
    }
    self->busy = 1;
    thread = pyw_request_enter(request);
    while (*got < size && result == PYW_OK && !ended) {
        size_t part = 0;

        result = exchange->ops->read(exchange, out + *got, size - *got, &part);
        ended = result == PYW_OK && part == 0;
        *got += part;
    }
    pyw_request_leave(request, thread);
    self->busy = 0;
    self->received += *got;
    self->at_end |= ended;
    if (result != PYW_OK) {
        self->fault = result;
        return raise_fault(self);
    }
    return 0;
}

/* As fill(), but returns with what is there: at least one byte, unless the body ends. */
static int fill_some(input *self)
{
    pyw_request *request = self->request;
    PyThreadState *thread;
    pyw_result result;
    size_t got = 0;

    if (self->buffer == NULL && (self->buffer = malloc(LINE_BUFFER)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->start = self->end = 0;
    if (self->at_end || !request->exchange->has_body) {
        self->at_end = 1;
        return 0;
    }
    self->busy = 1;
    thread = pyw_request_enter(request);
    result = request->exchange->ops->read(request->exchange, self->buffer, LINE_BUFFER, &got);
    pyw_request_leave(request, thread);
    self->busy = 0;
    if (result != PYW_OK) {
        self->fault = result;
        return raise_fault(self);
    }
    self->end = got;
    self->received += got;
    self->at_end = got == 0;
    return 0;
}

static size_t take_buffered(input *self, char *out, size_t size)
{
    size_t have = self->end - self->start;
    size_t part = have < size ? have : size;

    if (part > 0) {
        memcpy(out, self->buffer + self->start, part);
        self->start += part;
    }
    return part;
}

/* How much may still come: the declared length, or SIZE_MAX / 2 if there is none. */
static size_t expected(const input *self)
{
    const pyw_request *request = self->request;
    size_t buffered = self->end - self->start;

    if (self->at_end || !request->exchange->has_body) {
        return buffered;
    }
    if (!request->has_request_length) {
        return SIZE_MAX / 2;
    }
    return request->request_length > self->received
               ? buffered + (size_t)(request->request_length - self->received)
               : buffered;
}

/* Reads exactly `size` bytes, or fewer at the end of the body. Returns: new reference. */
static PyObject *read_sized(input *self, size_t size)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    size_t buffered, got;

    if (bytes == NULL) {
        return NULL;
    }
    buffered = take_buffered(self, PyBytes_AS_STRING(bytes), size);
    if (fill(self, PyBytes_AS_STRING(bytes) + buffered, size - buffered, &got) < 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    if (buffered + got < size) {
        _PyBytes_Resize(&bytes, (Py_ssize_t)(buffered + got));
    }
    return bytes;
}

/* Reads up to `limit` bytes of a body whose length nobody told. Returns: new reference. */
static PyObject *read_unsized(input *self, size_t limit)
{
    size_t capacity = limit < FIRST_BLOCK ? limit : FIRST_BLOCK;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)capacity);
    size_t used, got;

    if (bytes == NULL) {
        return NULL;
    }
    used = take_buffered(self, PyBytes_AS_STRING(bytes), capacity);
    for (;;) {
        if (fill(self, PyBytes_AS_STRING(bytes) + used, capacity - used, &got) < 0) {
            Py_DECREF(bytes);
            return NULL;
        }
        used += got;
        if (used < capacity || capacity == limit) {
            break;
        }
        capacity = capacity > limit / 2 ? limit : capacity * 2;
        if (_PyBytes_Resize(&bytes, (Py_ssize_t)capacity) < 0) {
            return NULL;
        }
    }
    if (used < capacity) {
        _PyBytes_Resize(&bytes, (Py_ssize_t)used);
    }
    return bytes;
}

static PyObject *read_bytes(input *self, Py_ssize_t size)
{
    size_t most = expected(self);
    size_t wanted = size < 0 ? most : (size_t)size;

    /* With a declared length nobody can make us reserve more than the body; but a declared length is only a promise
       as well, so large ones are reserved as they come. */
    if (wanted > most) {
        wanted = most;
    }
    if (self->request->has_request_length && size < 0 && !self->at_end) {
        /* Reads to the end, so that what follows the declared bytes is noticed as the end. */
        return wanted <= 16 * 1024 * 1024 ? read_sized(self, wanted) : read_unsized(self, wanted);
    }
    return wanted <= FIRST_BLOCK * 16 ? read_sized(self, wanted) : read_unsized(self, wanted);
}

/* None, -1 and nothing mean: no limit. */
static int take_size(PyObject *const *args, Py_ssize_t count, const char *method, Py_ssize_t *size)
{
    *size = -1;
    if (count > 1) {
        PyErr_Format(PyExc_TypeError, "wsgi.input.%s takes at most one argument, not %zd", method, count);
        return -1;
    }
    if (count == 0 || args[0] == Py_None) {
        return 0;
    }
    *size = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
    return *size == -1 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *input_read(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    Py_ssize_t size;

    if (take_size(args, count, "read", &size) < 0 || check(input_of(object)) < 0) {
        return NULL;
    }
    return read_bytes(input_of(object), size);
}

static int append(PyObject **line, const char *data, size_t length)
{
    Py_ssize_t old;

    if (*line == NULL) {
        *line = PyBytes_FromStringAndSize(data, (Py_ssize_t)length);
        return *line == NULL ? -1 : 0;
    }
    old = PyBytes_GET_SIZE(*line);
    if (_PyBytes_Resize(line, old + (Py_ssize_t)length) < 0) {
        return -1;
    }
    memcpy(PyBytes_AS_STRING(*line) + old, data, length);
    return 0;
}

/* Returns: new reference; b"" at the end. */
static PyObject *read_line(input *self, size_t limit)
{
    PyObject *line = NULL;
    int complete = limit == 0;

    while (!complete) {
        size_t have, part;
        const char *newline;

        if (self->start == self->end && fill_some(self) < 0) {
            Py_XDECREF(line);
            return NULL;
        }
        have = self->end - self->start;
        if (have == 0) {
            break;
        }
        part = have < limit ? have : limit;
        newline = memchr(self->buffer + self->start, '\n', part);
        if (newline != NULL) {
            part = (size_t)(newline - (self->buffer + self->start)) + 1;
        }
        if (append(&line, self->buffer + self->start, part) < 0) {
            return NULL;
        }
        self->start += part;
        limit -= part;
        complete = newline != NULL || limit == 0;
    }
    return line != NULL ? line : PyBytes_FromStringAndSize(NULL, 0);
}

static PyObject *input_readline(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    Py_ssize_t size;

    if (take_size(args, count, "readline", &size) < 0 || check(input_of(object)) < 0) {
        return NULL;
    }
    return read_line(input_of(object), size < 0 ? SIZE_MAX / 2 : (size_t)size);
}

static PyObject *input_readlines(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    Py_ssize_t hint, total = 0;
    PyObject *lines;

    if (take_size(args, count, "readlines", &hint) < 0 || check(input_of(object)) < 0) {
        return NULL;
    }
    lines = PyList_New(0);
    while (lines != NULL && (hint <= 0 || total < hint)) {
        /* The GIL was given up in between: the request may be over. */
        PyObject *line = check(input_of(object)) < 0 ? NULL : read_line(input_of(object), SIZE_MAX / 2);

        if (line == NULL || (PyBytes_GET_SIZE(line) > 0 && PyList_Append(lines, line) < 0)) {
            Py_XDECREF(line);
            Py_DECREF(lines);
            return NULL;
        }
        total += PyBytes_GET_SIZE(line);
        if (PyBytes_GET_SIZE(line) == 0) {
            Py_DECREF(line);
            break;
        }
        Py_DECREF(line);
    }
    return lines;
}

static PyObject *input_next(PyObject *object)
{
    PyObject *line = check(input_of(object)) < 0 ? NULL : read_line(input_of(object), SIZE_MAX / 2);

    if (line != NULL && PyBytes_GET_SIZE(line) == 0) {
        Py_DECREF(line);
        return NULL;
    }
    return line;
}

static void input_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    free(input_of(object)->buffer);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMethodDef input_methods[] = {
    { "read", (PyCFunction)(void (*)(void))input_read, METH_FASTCALL,
      "read(size=-1, /): that many bytes of the request body, fewer only at its end; all of it without a size." },
    { "readline", (PyCFunction)(void (*)(void))input_readline, METH_FASTCALL,
      "readline(size=-1, /): the next line with its line end; b'' at the end of the body." },
    { "readlines", (PyCFunction)(void (*)(void))input_readlines, METH_FASTCALL,
      "readlines(hint=-1, /): the lines that are left, or as many as have `hint` bytes together." },
    { NULL, NULL, 0, NULL }
};

static PyType_Slot input_slots[] = {
    { Py_tp_dealloc, (void *)input_dealloc },
    { Py_tp_iter, (void *)PyObject_SelfIter },
    { Py_tp_iternext, (void *)input_next },
    { Py_tp_methods, input_methods },
    { Py_tp_doc, (void *)(uintptr_t)"wsgi.input of PEP 3333: the body of the request." },
    { 0, NULL }
};

static PyType_Spec input_spec = { "pywsgi.Input", (int)sizeof(input), 0, Py_TPFLAGS_DEFAULT, input_slots };

PyTypeObject *pyw_input_type(void)
{
    PyTypeObject *type = (PyTypeObject *)(void *)PyType_FromSpec(&input_spec);

    if (type != NULL) {
        type->tp_new = NULL; /* 3.9 has no flag for types that Python code cannot instantiate */
    }
    return type;
}

PyObject *pyw_input_create(PyTypeObject *type)
{
    return type->tp_alloc(type, 0);
}

void pyw_input_lend(PyObject *object, pyw_request *request)
{
    input *self = input_of(object);

    self->request = request;
    self->start = self->end = 0;
    self->received = 0;
    self->fault = PYW_OK;
    self->at_end = 0;
}

void pyw_input_withdraw(PyObject *object)
{
    input_of(object)->request = NULL;
}
