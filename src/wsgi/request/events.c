/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RUSAGE_THREAD */
#endif
#include "wsgi/request/events.h"

#include <sys/resource.h>
#include <time.h>

#include "python/call.h"
#include "wsgi/engine.h"
#include "wsgi/request/running.h"

/*
 * Functions that httpd calls have no events: their environ may contain a password, and the call is no request of a
 * client.
 */
static int has_subscribers(const pyw_request *request)
{
    return PyList_GET_SIZE(request->running->subscribers) > 0 && !request->exchange->application->is_function;
}

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void read_cpu(double *user, double *system)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    *user = seconds_of(&usage.ru_utime);
    *system = seconds_of(&usage.ru_stime);
}

/* The time of day, as time.time(). */
static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

PyObject *pyw_events_request_started(pyw_request *request, PyObject *application, PyObject *environ)
{
    PyObject *data, *chosen = NULL, *start = NULL, *result = NULL;

    if (!has_subscribers(request)) {
        Py_INCREF(application);
        return application;
    }
    read_cpu(&request->measured.cpu_user, &request->measured.cpu_system);
    data = pyw_running_data(request);
    if (data != NULL) {
        result = pyw_call("pywsgi._events", "request_started", "(OOO)", application, environ, data);
        pyw_request_check_process(request);
    }
    if (result != NULL && PyArg_ParseTuple(result, "OO", &chosen, &start)) {
        Py_INCREF(chosen);
        Py_INCREF(start);
        request->measured.start = start;
    }
    Py_XDECREF(result);
    return chosen;
}

int pyw_events_response_started(pyw_request *request, PyObject *status, PyObject *headers, PyObject *exc_info)
{
    PyObject *data, *result = NULL;

    if (!has_subscribers(request)) {
        return 0;
    }
    data = pyw_running_data(request);
    if (data != NULL) {
        result = pyw_call("pywsgi._events", "response_started", "(NOOOO)", pyw_running_id(request), data, status,
                          headers, exc_info != NULL ? exc_info : Py_None);
        pyw_request_check_process(request);
    }
    Py_XDECREF(result);
    return result != NULL ? 0 : -1;
}

/* A subscriber was interrupted, or raised SystemExit. The request ends anyway. */
static void end_call(pyw_request *request, PyObject *result)
{
    pyw_request_check_process(request);
    Py_XDECREF(result);
    PyErr_Clear();
}

void pyw_events_request_exception(pyw_request *request)
{
    PyObject *type, *value, *traceback, *data;

    if (!has_subscribers(request)) {
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    data = pyw_running_data(request);
    if (data != NULL) {
        end_call(request, pyw_call("pywsgi._events", "request_exception", "(NO(OOO))", pyw_running_id(request), data,
                                   type, value, traceback != NULL ? traceback : Py_None));
    }
    PyErr_Restore(type, value, traceback);
}

/* Seconds. */
static double since(double before, double after)
{
    return after > before ? after - before : 0;
}

void pyw_events_request_finished(pyw_request *request)
{
    pyw_measured *measured = &request->measured;
    PyObject *start = measured->start;
    double user, system;

    if (start == NULL) {
        return;
    }
    measured->start = NULL;
    if (has_subscribers(request)) {
        read_cpu(&user, &system);
        end_call(request,
                 pyw_call("pywsgi._events", "request_finished", "(Odi(IKIKI)(ddddd))", start, now(),
                          request->started ? request->ending->status_code : 0, measured->reads,
                          (unsigned long long)measured->read_bytes, measured->writes, (unsigned long long)request->sent,
                          measured->gil_waits, (double)measured->read_us / 1e6, (double)measured->write_us / 1e6,
                          (double)measured->gil_wait_us / 1e6, since(measured->cpu_user, user),
                          since(measured->cpu_system, system)));
    }
    Py_DECREF(start);
}
