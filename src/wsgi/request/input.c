/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/request/input.h"

#include <stdlib.h>
#include <string.h>

#include "python/process/forked.h"
#include "wsgi/response/outgoing.h"

enum {
    LINE_BUFFER = 16 * 1024,
    FIRST_BLOCK = 64 * 1024,      /* for a body of unknown length; doubled when full */
    FIRST_BLOCK_MAX = 1024 * 1024 /* for a declared length: a declaration must not reserve more memory than this */
};

typedef struct input {
    PyObject_HEAD pyw_request *request; /* NULL: no request */
    char *buffer;      /* LINE_BUFFER bytes, allocated for the first line and reused by later requests */
    size_t start, end; /* the part of the buffer that has not been returned yet */
    uint64_t received; /* the number of bytes read from the exchange */
    pyw_result fault;  /* sticky */
    int at_end;
    int busy; /* a thread is inside, without the GIL */
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
        PyErr_SetString(PyExc_ConnectionResetError, "the client left before the end of the request body");
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

/* The common check of all methods. */
static int check(const input *self)
{
    if (self->request == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "wsgi.input was used after the end of its request");
        return -1;
    }
    if (pyw_forked_is_child()) {
        PyErr_SetString(PyExc_OSError, "the request body belongs to the process that forked this process");
        return -1;
    }
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError, "wsgi.input is being read by another thread");
        return -1;
    }
    return self->fault != PYW_OK ? raise_fault(self) : 0;
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

/*
 * Reads until it has `enough` of `size` bytes, the body ends, or the exchange returns something else than PYW_OK. The
 * caller holds the carrier.
 */
static pyw_result read_from(input *self, char *out, size_t size, size_t enough, size_t *got, unsigned flags)
{
    pyw_exchange *exchange = self->request->exchange;
    pyw_result result = PYW_OK;

    while (*got < enough && result == PYW_OK && !self->at_end) {
        size_t part = 0;

        result = exchange->ops->read(exchange, out + *got, size - *got, &part, flags);
        self->at_end = result == PYW_OK && part == 0;
        self->received += part;
        *got += part;
    }
    return result;
}

/* Copies bytes that have arrived without releasing the GIL, and waits for further bytes without the GIL. */
static pyw_result read_enough(input *self, char *out, size_t size, size_t enough, size_t *got)
{
    pyw_request *request = self->request;
    PyThreadState *thread;
    pyw_result result;

    pyw_request_lock(request);
    result = read_from(self, out, size, size, got, PYW_READ_NOWAIT);
    pyw_request_done(request);
    if (result != PYW_AGAIN || *got >= enough) {
        return result == PYW_AGAIN ? PYW_OK : result;
    }
    thread = pyw_request_enter(request);
    pyw_outgoing_flush(request);
    result = read_from(self, out, size, enough, got, 0);
    pyw_request_leave(request, thread);
    return result;
}

/* Reads into `out`. -1 with an exception set, which later reads set again. */
static int receive_input(input *self, char *out, size_t size, size_t enough, size_t *got)
{
    pyw_measured *measured = &self->request->measured;
    int64_t begun = pyw_measured_clock(measured);
    size_t before = *got;
    pyw_result result;

    self->busy = 1;
    result = read_enough(self, out, size, enough, got);
    self->busy = 0;
    measured->reads++;
    measured->read_bytes += *got - before;
    measured->read_us += pyw_measured_clock(measured) - begun;
    if (result == PYW_OK) {
        return 0;
    }
    self->fault = result;
    self->request->failed_read = 1;
    self->request->failed_here |= result == PYW_FAILED;
    return raise_fault(self);
}

/* Reads until it has `size` bytes or the body ends. -1 with an exception set. */
static int fill(input *self, char *out, size_t size, size_t *got)
{
    if (check(self) < 0) {
        return -1;
    }
    *got = take_buffered(self, out, size);
    return self->at_end || *got == size ? 0 : receive_input(self, out, size, size, got);
}

/* Fills the empty buffer with at least one byte, unless the body ends. -1 with an exception set. */
static int fill_buffer(input *self)
{
    if (check(self) < 0) {
        return -1;
    }
    if (self->buffer == NULL && (self->buffer = malloc(LINE_BUFFER)) == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->start = self->end = 0;
    return self->at_end ? 0 : receive_input(self, self->buffer, LINE_BUFFER, 1, &self->end);
}

/*
 * 1: the body ends here. CONTENT_LENGTH may save a read, but it is not reliable: with a decompressing input filter the
 * body is longer. -1 with an exception set.
 */
static int is_at_end(input *self)
{
    const pyw_request *request = self->request;

    if (self->start < self->end) {
        return 0;
    }
    if (self->at_end) {
        return 1;
    }
    if (request != NULL && request->has_request_length && self->received < request->request_length) {
        return 0;
    }
    return fill_buffer(self) < 0 ? -1 : self->start == self->end;
}

static size_t first_block(const input *self, size_t limit)
{
    const pyw_request *request = self->request;
    size_t size = self->end - self->start;

    if (!self->at_end) {
        uint64_t left = FIRST_BLOCK;

        if (request->has_request_length) {
            left = request->request_length > self->received ? request->request_length - self->received : 0;
        }
        size += left < FIRST_BLOCK_MAX ? (size_t)left : FIRST_BLOCK_MAX;
    }
    return size < limit ? size : limit;
}

/* Reads `limit` bytes, fewer at the end of the body. Returns: new reference. */
static PyObject *read_up_to(input *self, size_t limit)
{
    size_t capacity = first_block(self, limit), used = 0, got;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)capacity);
    int ended = 0;

    while (bytes != NULL) {
        if (fill(self, PyBytes_AS_STRING(bytes) + used, capacity - used, &got) < 0) {
            Py_CLEAR(bytes);
            break;
        }
        used += got;
        ended = used < capacity || used == limit ? 1 : is_at_end(self);
        if (ended < 0) {
            Py_CLEAR(bytes);
            break;
        }
        if (ended) {
            if (used < capacity) {
                _PyBytes_Resize(&bytes, (Py_ssize_t)used);
            }
            break;
        }
        capacity = capacity < FIRST_BLOCK / 2 ? FIRST_BLOCK : capacity * 2;
        capacity = capacity < limit ? capacity : limit;
        _PyBytes_Resize(&bytes, (Py_ssize_t)capacity); /* no memory: bytes becomes NULL */
    }
    return bytes;
}

/* None, -1 and a missing argument mean: no limit. */
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
    return read_up_to(input_of(object), size < 0 ? PY_SSIZE_T_MAX / 2 : (size_t)size);
}

static int append_to_line(PyObject **line, const char *data, size_t length)
{
    Py_ssize_t old;

    if (*line == NULL) {
        /* Pass no data, because CPython shares objects of one byte, which cannot be resized. */
        *line = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
        if (*line == NULL) {
            return -1;
        }
        memcpy(PyBytes_AS_STRING(*line), data, length);
        return 0;
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

        if (self->start == self->end && fill_buffer(self) < 0) {
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
        if (append_to_line(&line, self->buffer + self->start, part) < 0) {
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
    return read_line(input_of(object), size < 0 ? PY_SSIZE_T_MAX / 2 : (size_t)size);
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
        PyObject *line = read_line(input_of(object), PY_SSIZE_T_MAX / 2);

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
    PyObject *line = check(input_of(object)) < 0 ? NULL : read_line(input_of(object), PY_SSIZE_T_MAX / 2);

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
    {"read", (PyCFunction)(void (*)(void))input_read, METH_FASTCALL,
     "read(size=-1, /): that many bytes of the request body, fewer only at its end; all of it without a size."},
    {"readline", (PyCFunction)(void (*)(void))input_readline, METH_FASTCALL,
     "readline(size=-1, /): the next line with its line end; b'' at the end of the body."},
    {"readlines", (PyCFunction)(void (*)(void))input_readlines, METH_FASTCALL,
     "readlines(hint=-1, /): the remaining lines, or as many as have `hint` bytes together."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot input_slots[] = {{Py_tp_dealloc, (void *)input_dealloc},
                                    {Py_tp_iter, (void *)PyObject_SelfIter},
                                    {Py_tp_iternext, (void *)input_next},
                                    {Py_tp_methods, input_methods},
                                    {Py_tp_doc, (void *)(uintptr_t) "wsgi.input of PEP 3333: the body of the request."},
                                    {0, NULL}};

static PyType_Spec input_spec = {"pywsgi.Input", (int)sizeof(input), 0, Py_TPFLAGS_DEFAULT, input_slots};

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
    self->at_end = !request->exchange->has_body;
}

void pyw_input_withdraw(PyObject *object)
{
    input_of(object)->request = NULL;
}
