/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/adapter.h"

#include <stdlib.h>
#include <string.h>

#include "python/call.h"
#include "python/exception.h"
#include "python/record.h"
#include "wsgi/deadline/monitor.h"
#include "wsgi/failures.h"
#include "wsgi/request/apache_request.h"
#include "wsgi/request/events.h"
#include "wsgi/request/request.h"
#include "wsgi/request/running.h"
#include "wsgi/response/body.h"
#include "wsgi/response/head.h"
#include "wsgi/response/outgoing.h"
#include "wsgi/response/response.h"
#include "wsgi/state.h"

static int is_out_of_time(const pyw_request *request)
{
    return request->monitored.raised == PYW_INTERRUPTED_TIMEOUT;
}

static void set_failed(pyw_request *request)
{
    pyw_ending *ending = request->ending;

    ending->send = 0;
    ending->outcome = request->head_sent ? PYW_TRUNCATED : PYW_ERROR;
    ending->status = is_out_of_time(request) ? 504 : 500;
}

/*
 * In daemon mode the client has already got a 504. Embedded mode does the same, so that the response of an interrupted
 * application is too late in both modes.
 */
static void fail_if_late(pyw_request *request)
{
    if (is_out_of_time(request) && !request->outgoing.last_sent) {
        set_failed(request);
    }
}

/* The client caused the failure by leaving, so the exception of the application is no error. */
static int is_caused_by_client(const pyw_request *request)
{
    int has_failed = request->failed_write || (request->failed_read && PyErr_ExceptionMatches(PyExc_OSError));

    return (has_failed && !request->failed_here) || PyErr_ExceptionMatches(request->state->client_gone);
}

/* The deadline monitor has already reported the interruption. */
static int is_interruption(const pyw_request *request)
{
    return is_out_of_time(request) && PyErr_ExceptionMatches(request->state->request_timeout);
}

/* Ends the request with the current exception, which is cleared. */
static void fail_with_exception(pyw_request *request)
{
    pyw_exception_report report = {0};
    char what[256], message[1024];

    pyw_events_request_exception(request);
    if (is_interruption(request)) {
        pyw_request_log_exception(request, PYW_LOG_INFO, PYWNO(0624) "the request was interrupted");
    }
    else if (is_caused_by_client(request)) {
        pyw_request_log_exception(request, PYW_LOG_INFO,
                                  PYWNO(0604) "the client left, or was too slow, before the response was complete");
    }
    else {
        PyOS_snprintf(what, sizeof(what), PYWNO(0603) "the application raised %.200s", pyw_exception_name());
        pyw_request_describe(request, message, sizeof(message), what);
        pyw_failures_log(PYW_LOG_ERR, message, &report);
    }
    set_failed(request);
}

static void fail_with_message(pyw_request *request, const char *what)
{
    char message[1024];

    pyw_request_describe(request, message, sizeof(message), what);
    pyw_request_log_line(request, PYW_LOG_ERR, message, strlen(message));
    pyw_failures_note_response(request);
    set_failed(request);
}

/* Explains common return values that are not iterables of bytes. NULL: the result can be iterated. */
static const char *wrong_result(PyObject *result)
{
    if (result == Py_None) {
        return "is a return missing?";
    }
    if (PyUnicode_Check(result)) {
        return "return [text.encode()]";
    }
    if (PyBytes_Check(result) || PyByteArray_Check(result)) {
        return "return [body], because its items are integers";
    }
    if (Py_TYPE(result)->tp_iter == NULL && !PySequence_Check(result)) {
        return "it cannot be iterated";
    }
    return NULL;
}

static void fail_with_result(pyw_request *request, PyObject *result, const char *advice)
{
    char what[512];

    PyOS_snprintf(what, sizeof(what),
                  PYWNO(0605) "the application returned an object of type %.200s; PEP 3333 requires "
                              "an iterable of bytes objects (%s)",
                  Py_TYPE(result)->tp_name, advice);
    fail_with_message(request, what);
}

static void finish_response(pyw_request *request)
{
    if (!request->started) {
        fail_with_message(request, PYWNO(0606) "the application did not call start_response, as PEP 3333 requires");
        return;
    }
    pyw_wsgi_response_end(request);
}

/* Calls close() if it exists. Its failure does not change the response. Steals `close`. */
static void call_close(pyw_request *request, PyObject *close)
{
    PyObject *result;

    if (close == NULL) {
        return;
    }
    result = PyObject_CallNoArgs(close);
    pyw_request_check_process(request);
    if (result == NULL) {
        pyw_request_log_exception(request,
                                  is_caused_by_client(request) || is_interruption(request) ? PYW_LOG_INFO : PYW_LOG_ERR,
                                  PYWNO(0607) "close() of the application's iterable failed");
    }
    Py_XDECREF(result);
    Py_DECREF(close);
}

/* Returns: new reference to the close method, or NULL. No exception is set. */
static PyObject *find_close(pyw_request *request, PyObject *result)
{
    PyObject *close;

    if (PyList_CheckExact(result) || PyTuple_CheckExact(result)) {
        return NULL;
    }
    close = PyObject_GetAttr(result, request->state->name_close);
    PyErr_Clear();
    return close;
}

static void respond(pyw_request *request, PyObject *result)
{
    const char *advice = wrong_result(result);
    PyObject *close;

    if (advice != NULL) {
        fail_with_result(request, result, advice);
        return;
    }
    close = find_close(request, result);
    if (pyw_body_send(request, result, close != NULL) < 0) {
        fail_with_exception(request);
    }
    else {
        finish_response(request);
    }
    call_close(request, close);
}

/* Returns: new reference to the result of the application; NULL with an exception set. */
static PyObject *call(pyw_request *request, PyObject *callable, const pyw_kit *kit)
{
    PyObject *environ = pyw_state_environ(request->state, kit, request);
    PyObject *stack[3] = {NULL, environ, kit->handles[PYW_HANDLE_START_RESPONSE]};
    PyObject *chosen = NULL, *result = NULL;

    if (environ != NULL && pyw_apache_request_lend(request, environ) == 0) {
        chosen = pyw_events_request_started(request, callable, environ);
    }
    if (chosen != NULL) {
        result = PyObject_Vectorcall(chosen, stack + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        pyw_request_check_process(request);
    }
    Py_XDECREF(chosen);
    Py_XDECREF(environ);
    return result;
}

static void call_application(pyw_request *request, PyObject *callable)
{
    pyw_adapter_state *state = request->state;
    PyObject *result;
    pyw_kit kit;

    if (pyw_kit_take(state, &kit, request) < 0) {
        fail_with_exception(request);
        return;
    }
    result = call(request, callable, &kit);
    if (result == NULL) {
        fail_with_exception(request);
    }
    else {
        respond(request, result);
        Py_DECREF(result);
    }
    pyw_events_request_finished(request);
    pyw_wsgi_response_close(request);
    pyw_record_flush_all();
    pyw_kit_withdraw(&kit);
    pyw_apache_request_withdraw(request);
    pyw_kit_return(state, &kit);
}

static void log_for_request(void *baton, pyw_log_level level, const char *text, size_t length)
{
    pyw_request_log_line(baton, level, text, length);
}

/* Removes httpd's scoreboard (httpd/scoreboard.h) from the environ, and keeps it for pywsgi.server_metrics(). */
static void take_scoreboard(pyw_exchange *exchange)
{
    static const char key[] = "pywsgi.server_metrics";
    const pyw_pair *first = exchange->environ_pairs;
    PyObject *result;

    if (exchange->environ_count == 0 || first->name_length != sizeof(key) - 1 ||
        memcmp(first->name, key, sizeof(key) - 1) != 0) {
        return;
    }
    result = pyw_call("pywsgi._metrics", "take_scoreboard", "(N)",
                      PyUnicode_DecodeLatin1(first->value, (Py_ssize_t)first->value_length, NULL));
    if (result == NULL) {
        PyErr_Clear(); /* no memory: the application gets the previous scoreboard */
    }
    Py_XDECREF(result);
    exchange->environ_pairs++;
    exchange->environ_count--;
}

void pyw_adapter_run(pyw_adapter_state *state, pyw_interpreter *interpreter, PyObject *callable, pyw_exchange *exchange,
                     int64_t gil_wait_us, pyw_ending *ending)
{
    pyw_request request;

    take_scoreboard(exchange);
    pyw_request_init(&request, state, exchange, ending);
    request.measured.gil_wait_us = gil_wait_us;
    request.measured.gil_waits = 1;
    pyw_outgoing_init(&request);
    pyw_record_divert(log_for_request, &request);
    pyw_monitor_begin(&request, interpreter);
    pyw_running_begin(&state->running, &request);
    call_application(&request, callable);
    pyw_running_end(&request);
    pyw_monitor_end(&request);
    fail_if_late(&request);
    pyw_record_divert(NULL, NULL);
    pyw_request_clear(&request);
}

void pyw_adapter_fail(pyw_ending *ending, int status)
{
    memset(ending, 0, sizeof(*ending));
    ending->outcome = PYW_ERROR;
    ending->status = status;
}

static pyw_result send_rest(pyw_exchange *exchange, pyw_ending *ending)
{
    unsigned flags = ending->outcome == PYW_DONE ? PYW_SEND_LAST | PYW_SEND_END : 0;
    pyw_head head;

    if (ending->head_pending) {
        pyw_wsgi_response_head(ending, &head);
    }
    return exchange->ops->send(exchange, ending->head_pending ? &head : NULL, ending->body.data, ending->body.length,
                               flags);
}

void pyw_adapter_finish(pyw_exchange *exchange, pyw_ending *ending)
{
    if (ending->send && send_rest(exchange, ending) != PYW_OK) {
        ending->outcome = PYW_TRUNCATED;
    }
    exchange->ops->finish(exchange, ending->outcome, ending->status);
    pyw_buffer_free(&ending->head);
    pyw_buffer_free(&ending->body);
    free(ending->headers);
}
