/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/request/running.h"

#include <string.h>

/* Requests of further threads count only in the total. */
enum { THREADS_MAX = 1024 };

/* Guarded by the GIL. */
static struct {
    uint32_t total;               /* requests that all threads have begun */
    int threads;                  /* the number of threads that have run a request */
    uint32_t counts[THREADS_MAX]; /* the number of requests that each thread has begun */
} all;

static __thread struct {
    int number;        /* from 1 on; 0: this thread has run no request */
    uint32_t requests; /* the number of requests that it has begun */
    pyw_request *request;
} mine;

void pyw_running_init(pyw_running *running, PyObject *subscribers)
{
    LIST_INIT(&running->requests);
    Py_INCREF(subscribers);
    running->subscribers = subscribers;
    running->active = NULL;
}

void pyw_running_clear(pyw_running *running)
{
    Py_CLEAR(running->subscribers);
    Py_CLEAR(running->active);
}

PyObject *pyw_running_data(pyw_request *request)
{
    if (request->data == NULL) {
        request->data = PyDict_New();
    }
    return request->data;
}

PyObject *pyw_running_id(const pyw_request *request)
{
    const char *id = request->exchange->id != NULL ? request->exchange->id : "-";

    return PyUnicode_DecodeLatin1(id, (Py_ssize_t)strlen(id), NULL);
}

/* Adds the request to pywsgi.active_requests, or removes it. */
static void list_active(pyw_request *request, int is_running)
{
    PyObject *active = request->running->active;
    PyObject *id = pyw_running_id(request);
    PyObject *data = id != NULL ? pyw_running_data(request) : NULL;

    if (data != NULL && is_running) {
        PyDict_SetItem(active, id, data);
    }
    else if (data != NULL && PyDict_GetItemWithError(active, id) == data) {
        PyDict_DelItem(active, id);
    }
    Py_XDECREF(id);
    PyErr_Clear(); /* out of memory: the request is not listed */
}

void pyw_running_begin(pyw_running *running, pyw_request *request)
{
    request->running = running;
    mine.number = mine.number != 0 ? mine.number : ++all.threads;
    mine.request = request;
    request->thread = mine.number;
    request->thread_requests = mine.requests++;
    request->total_requests = all.total++;
    if (mine.number <= THREADS_MAX) {
        all.counts[mine.number - 1] = mine.requests;
    }
    LIST_INSERT_HEAD(&running->requests, request, next);
    if (request->running->active != NULL) {
        list_active(request, 1);
    }
}

void pyw_running_end(pyw_request *request)
{
    if (request->running->active != NULL) {
        list_active(request, 0);
    }
    LIST_REMOVE(request, next);
    mine.request = NULL;
    Py_CLEAR(request->data);
}

static pyw_running *running_of(PyObject *capsule)
{
    return PyCapsule_GetPointer(capsule, NULL);
}

static PyObject *request_data(PyObject *capsule, PyObject *unused)
{
    PyObject *data;

    (void)unused;
    if (mine.request == NULL || mine.request->running != running_of(capsule)) {
        PyErr_SetString(PyExc_RuntimeError, "request_data() was called by a thread that runs no request");
        return NULL;
    }
    data = pyw_running_data(mine.request);
    Py_XINCREF(data);
    return data;
}

/* The first call lists the requests that already run. */
static PyObject *active_requests(PyObject *capsule, PyObject *unused)
{
    pyw_running *running = running_of(capsule);
    pyw_request *request;

    (void)unused;
    if (running->active == NULL) {
        running->active = PyDict_New();
        if (running->active == NULL) {
            return NULL;
        }
        LIST_FOREACH (request, &running->requests, next) {
            list_active(request, 1);
        }
    }
    Py_INCREF(running->active);
    return running->active;
}

static PyObject *count_running(PyObject *capsule, PyObject *unused)
{
    pyw_request *request;
    long count = 0;

    (void)unused;
    LIST_FOREACH (request, &running_of(capsule)->requests, next) {
        count++;
    }
    return PyLong_FromLong(count);
}

static PyObject *thread_id(PyObject *capsule, PyObject *unused)
{
    return PyLong_FromLong(mine.number);
}

static PyObject *thread_counts(PyObject *capsule, PyObject *unused)
{
    int threads = all.threads < THREADS_MAX ? all.threads : THREADS_MAX;
    PyObject *list = PyList_New(0);

    for (int i = 0; list != NULL && i < threads; i++) {
        PyObject *count = PyLong_FromUnsignedLong(all.counts[i]);

        if (count == NULL || PyList_Append(list, count) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(count);
    }
    return list;
}

/* `self` is a capsule with the state. The functions keep the docstrings of the functions that they replace. */
static PyMethodDef functions[] = {{"request_data", request_data, METH_NOARGS, NULL},
                                  {"active_requests", active_requests, METH_NOARGS, NULL},
                                  {"count_running", count_running, METH_NOARGS, NULL},
                                  {"thread_id", thread_id, METH_NOARGS, NULL},
                                  {"thread_counts", thread_counts, METH_NOARGS, NULL}};

int pyw_running_connect(pyw_running *running)
{
    PyObject *module = PyImport_ImportModule("pywsgi._requests");
    PyObject *capsule = module != NULL ? PyCapsule_New(running, NULL, NULL) : NULL;
    int rv = capsule != NULL ? 0 : -1;

    for (size_t i = 0; rv == 0 && i < sizeof(functions) / sizeof(functions[0]); i++) {
        PyObject *function = PyCFunction_New(&functions[i], capsule);

        rv = function != NULL ? PyObject_SetAttrString(module, functions[i].ml_name, function) : -1;
        Py_XDECREF(function);
    }
    Py_XDECREF(capsule);
    Py_XDECREF(module);
    return rv;
}
