/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/request/keys.h"

#include <string.h>
#include <time.h>

#include "wsgi/engine.h"
#include "wsgi/request/running.h"

enum { SECOND = 1000000, FRACTION_DIGITS = 6, TIME_DIGITS = PYW_KEYS_SECOND_DIGITS + FRACTION_DIGITS };

/* The range of times, in microseconds, that have TIME_DIGITS digits: 2001 to 2286. */
#define TIME_LEAST INT64_C(1000000000000000)
#define TIME_MOST INT64_C(9999999999999999)

#define DEFAULT_CALLABLE "application"

static const char *const names[PYW_KEYS] = {
    [PYW_KEY_REQUEST_ID] = "mod_wsgi.request_id",
    [PYW_KEY_REQUEST_START] = "mod_wsgi.request_start",
    [PYW_KEY_DAEMON_START] = "mod_wsgi.daemon_start",
    [PYW_KEY_SCRIPT_START] = "mod_wsgi.script_start",
    [PYW_KEY_APPLICATION_START] = "mod_wsgi.application_start",
    [PYW_KEY_SCRIPT_RELOADING] = "mod_wsgi.script_reloading",
    [PYW_KEY_CALLABLE_OBJECT] = "mod_wsgi.callable_object",
    [PYW_KEY_THREAD_ID] = "mod_wsgi.thread_id",
    [PYW_KEY_THREAD_REQUESTS] = "mod_wsgi.thread_requests",
    [PYW_KEY_TOTAL_REQUESTS] = "mod_wsgi.total_requests",
};

int pyw_keys_init(pyw_keys *keys)
{
    memset(keys, 0, sizeof(*keys));
    for (int i = 0; i < PYW_KEYS; i++) {
        keys->names[i] = PyUnicode_InternFromString(names[i]);
        if (keys->names[i] == NULL) {
            return -1;
        }
    }
    keys->switches[0] = PyUnicode_InternFromString("0");
    keys->switches[1] = PyUnicode_InternFromString("1");
    keys->callable = PyUnicode_InternFromString(DEFAULT_CALLABLE);
    return keys->switches[0] != NULL && keys->switches[1] != NULL && keys->callable != NULL ? 0 : -1;
}

void pyw_keys_clear(pyw_keys *keys)
{
    for (int i = 0; i < PYW_KEYS; i++) {
        Py_CLEAR(keys->names[i]);
    }
    Py_CLEAR(keys->switches[0]);
    Py_CLEAR(keys->switches[1]);
    Py_CLEAR(keys->callable);
}

int pyw_keys_reserve(const pyw_keys *keys, PyObject *prototype, int is_daemon)
{
    int rv = 0;

    for (int i = 0; i < PYW_KEYS && rv == 0; i++) {
        if (i != PYW_KEY_DAEMON_START || is_daemon) {
            rv = PyDict_SetItem(prototype, keys->names[i], Py_None);
        }
    }
    if (rv == 0) {
        rv = PyDict_SetItem(prototype, keys->names[PYW_KEY_CALLABLE_OBJECT], keys->callable);
    }
    return rv == 0 ? PyDict_SetItem(prototype, keys->names[PYW_KEY_SCRIPT_RELOADING], keys->switches[1]) : rv;
}

/* Steals the value, which may be NULL with an exception set. */
static int set_key(const pyw_keys *keys, PyObject *environ, pyw_key key, PyObject *value)
{
    int rv = value != NULL ? PyDict_SetItem(environ, keys->names[key], value) : -1;

    Py_XDECREF(value);
    return rv;
}

static void write_digits(Py_UCS1 *out, int count, uint64_t number)
{
    while (count > 0) {
        out[--count] = (Py_UCS1)('0' + number % 10);
        number /= 10;
    }
}

/* Returns: new reference. */
static PyObject *time_text(pyw_keys *keys, int64_t time)
{
    int64_t second = time / SECOND;
    PyObject *text;
    Py_UCS1 *out;

    if (time < TIME_LEAST || time > TIME_MOST) {
        return PyUnicode_FromFormat("%lld", (long long)time); /* the clock is not set */
    }
    text = PyUnicode_New(TIME_DIGITS, 127);
    if (text == NULL) {
        return NULL;
    }
    if (second != keys->second) {
        write_digits(keys->digits, PYW_KEYS_SECOND_DIGITS, (uint64_t)second);
        keys->second = second;
    }
    out = PyUnicode_1BYTE_DATA(text);
    memcpy(out, keys->digits, PYW_KEYS_SECOND_DIGITS);
    write_digits(out + PYW_KEYS_SECOND_DIGITS, FRACTION_DIGITS, (uint64_t)(time % SECOND));
    return text;
}

static int64_t time_of_day(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

static int set_times(pyw_keys *keys, PyObject *environ, const pyw_exchange *exchange)
{
    int64_t now = time_of_day();
    int64_t to_time_of_day = now - pyw_clock_us();

    if (set_key(keys, environ, PYW_KEY_REQUEST_START, time_text(keys, exchange->arrival + to_time_of_day)) < 0 ||
        set_key(keys, environ, PYW_KEY_SCRIPT_START, time_text(keys, now)) < 0 ||
        set_key(keys, environ, PYW_KEY_APPLICATION_START, PyFloat_FromDouble((double)now / SECOND)) < 0) {
        return -1;
    }
    if (exchange->received == 0) {
        return 0;
    }
    return set_key(keys, environ, PYW_KEY_DAEMON_START, time_text(keys, exchange->received + to_time_of_day));
}

static int set_counts(const pyw_keys *keys, PyObject *environ, const pyw_request *request)
{
    if (set_key(keys, environ, PYW_KEY_THREAD_ID, PyLong_FromLong(request->thread)) < 0 ||
        set_key(keys, environ, PYW_KEY_THREAD_REQUESTS, PyLong_FromUnsignedLong(request->thread_requests)) < 0) {
        return -1;
    }
    return set_key(keys, environ, PYW_KEY_TOTAL_REQUESTS, PyLong_FromUnsignedLong(request->total_requests));
}

/* An interpreter mostly runs one application, so the last name is kept. */
static int set_callable(pyw_keys *keys, PyObject *environ, const char *callable)
{
    if (strcmp(callable, DEFAULT_CALLABLE) == 0) {
        return 0; /* the prototype has it */
    }
    if (PyUnicode_CompareWithASCIIString(keys->callable, callable) != 0) {
        PyObject *text = PyUnicode_DecodeLatin1(callable, (Py_ssize_t)strlen(callable), NULL);

        if (text == NULL) {
            return -1;
        }
        Py_DECREF(keys->callable);
        keys->callable = text;
    }
    return PyDict_SetItem(environ, keys->names[PYW_KEY_CALLABLE_OBJECT], keys->callable);
}

static int set_application(pyw_keys *keys, PyObject *environ, const pyw_application_spec *spec)
{
    int is_reloaded = spec->reloading && spec->kind == PYW_TARGET_SCRIPT;

    if (set_callable(keys, environ, spec->callable) < 0) {
        return -1;
    }
    return is_reloaded ? 0 : PyDict_SetItem(environ, keys->names[PYW_KEY_SCRIPT_RELOADING], keys->switches[0]);
}

int pyw_keys_set(pyw_keys *keys, PyObject *environ, const pyw_request *request)
{
    if (set_key(keys, environ, PYW_KEY_REQUEST_ID, pyw_running_id(request)) < 0 ||
        set_application(keys, environ, request->exchange->application) < 0 || set_counts(keys, environ, request) < 0) {
        return -1;
    }
    return set_times(keys, environ, request->exchange);
}
