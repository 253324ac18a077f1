/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/request/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "python/exception.h"
#include "python/process/forked.h"
#include "wsgi/response/validate.h"

static int pair_is(const pyw_pair *pair, const char *name)
{
    return strlen(name) == pair->name_length && memcmp(pair->name, name, pair->name_length) == 0;
}

static void read_pairs(pyw_request *request)
{
    for (uint32_t i = 0; i < request->exchange->environ_count; i++) {
        const pyw_pair *pair = &request->exchange->environ_pairs[i];

        if (pair_is(pair, "REQUEST_METHOD")) {
            request->method = pair->value;
            request->method_length = pair->value_length;
        }
        else if (pair_is(pair, "REQUEST_URI")) {
            request->uri = pair->value;
            request->uri_length = pair->value_length;
        }
        else if (pair_is(pair, "CONTENT_LENGTH")) {
            request->has_request_length =
                pyw_validate_length(pair->value, pair->value_length, &request->request_length);
        }
    }
}

void pyw_request_init(pyw_request *request, struct pyw_adapter_state *state, pyw_exchange *exchange, pyw_ending *ending)
{
    memset(request, 0, sizeof(*request));
    memset(ending, 0, sizeof(*ending));
    request->state = state;
    request->exchange = exchange;
    request->method = request->uri = "-";
    request->method_length = request->uri_length = 1;
    request->ending = ending;
    pthread_mutex_init(&request->carrier, NULL);
    read_pairs(request);
    request->bodiless = pyw_request_is_head(request);
}

void pyw_request_clear(pyw_request *request)
{
    /* The threads counted in `users` hold the carrier, and need the GIL to leave. */
    while (request->users > 0) {
        PyThreadState *thread = PyEval_SaveThread();

        pthread_mutex_lock(&request->carrier);
        pthread_mutex_unlock(&request->carrier);
        sched_yield();
        PyEval_RestoreThread(thread);
    }
    pthread_mutex_destroy(&request->carrier);
}

/* In a forked process the request may belong to a thread that does not exist here. Then it must not be read. */
static void describe_for_process(const pyw_request *request, char *text, size_t size)
{
    const char *application = pyw_forked_application();
    int method = (int)(request->method_length < 32 ? request->method_length : 32);
    int uri = (int)(request->uri_length < 512 ? request->uri_length : 512);

    if (application == NULL) {
        snprintf(text, size, "a thread of the application");
        return;
    }
    snprintf(text, size, "%.*s %.*s (%.500s)", method, request->method, uri, request->uri, application);
}

void pyw_request_check_process(pyw_request *request)
{
    char who[1200];

    if (pyw_forked_is_child()) {
        describe_for_process(request, who, sizeof(who));
        pyw_forked_check(who);
    }
}

int pyw_request_is_head(const pyw_request *request)
{
    return request->method_length == 4 && memcmp(request->method, "HEAD", 4) == 0;
}

PyThreadState *pyw_request_give_up_gil(pyw_request *request)
{
    request->users++;
    return PyEval_SaveThread();
}

void pyw_request_take_gil(pyw_request *request, PyThreadState *thread)
{
    int64_t begun = pyw_measured_clock(&request->measured);

    PyEval_RestoreThread(thread);
    request->users--;
    if (request->measured.start != NULL) {
        request->measured.gil_wait_us += pyw_measured_clock(&request->measured) - begun;
        request->measured.gil_waits++;
    }
}

PyThreadState *pyw_request_enter(pyw_request *request)
{
    PyThreadState *thread;

    pyw_request_check_process(request);
    thread = pyw_request_give_up_gil(request);
    pthread_mutex_lock(&request->carrier);
    return thread;
}

void pyw_request_leave(pyw_request *request, PyThreadState *thread)
{
    pthread_mutex_unlock(&request->carrier);
    pyw_request_take_gil(request, thread);
}

int pyw_request_try(pyw_request *request)
{
    return !pyw_forked_is_child() && pthread_mutex_trylock(&request->carrier) == 0;
}

void pyw_request_lock(pyw_request *request)
{
    if (!pyw_request_try(request)) {
        pyw_request_take_gil(request, pyw_request_enter(request));
    }
}

void pyw_request_done(pyw_request *request)
{
    pthread_mutex_unlock(&request->carrier);
}

/* The exchange requires that a call that would block is repeated, so keep the carrier in between. */
void pyw_request_log_line(pyw_request *request, pyw_log_level level, const char *text, size_t length)
{
    pyw_exchange *exchange = request->exchange;
    pyw_result result;
    PyThreadState *thread;

    pyw_request_lock(request);
    result = exchange->ops->log(exchange, level, text, length, PYW_SEND_NOWAIT);
    if (result == PYW_AGAIN) {
        thread = pyw_request_give_up_gil(request);
        exchange->ops->log(exchange, level, text, length, 0);
        pyw_request_take_gil(request, thread);
    }
    pyw_request_done(request);
}

void pyw_request_log(pyw_request *request, pyw_log_level level, const char *format, ...)
{
    char text[2048];
    va_list args;
    int length;

    va_start(args, format);
    length = pyw_log_format(text, sizeof(text), format, args);
    va_end(args);
    if (length >= 0) {
        pyw_request_log_line(request, level, text, (size_t)length);
    }
}

void pyw_request_log_exception(pyw_request *request, pyw_log_level level, const char *what)
{
    char message[1024];

    pyw_request_describe(request, message, sizeof(message), what);
    pyw_exception_log(level, message);
}

void pyw_request_describe(const pyw_request *request, char *text, size_t size, const char *what)
{
    int tag = (int)strcspn(what, " ") + 1;
    int method = (int)(request->method_length < 32 ? request->method_length : 32);
    int uri = (int)(request->uri_length < 512 ? request->uri_length : 512);

    snprintf(text, size, "%.*s%.*s %.*s: %s", tag, what, method, request->method, uri, request->uri, what + tag);
}
