/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/state.h"

#include <string.h>

#include "wsgi/request/input.h"
#include "wsgi/response/file_wrapper.h"

/* Sets a constant of environ. Steals the value, which may be NULL with an exception set. */
static int set_constant(PyObject *prototype, const char *name, PyObject *value)
{
    PyObject *key = value != NULL ? PyUnicode_InternFromString(name) : NULL;
    int rv = key != NULL ? PyDict_SetItem(prototype, key, value) : -1;

    Py_XDECREF(key);
    Py_XDECREF(value);
    return rv;
}

static PyObject *new_reference(PyObject *object)
{
    Py_XINCREF(object);
    return object;
}

static int set_cgi_text(PyObject *prototype, const char *name, const char *value)
{
    return set_constant(prototype, name, PyUnicode_DecodeFSDefault(value));
}

/*
 * Sets the keys mod_wsgi.* to mod_wsgi's values for requests that use none of its special features. A request may
 * override them.
 */
static int set_mod_wsgi(PyObject *prototype, const pyw_adapter_settings *settings)
{
    static const char *const texts[][2] = {
        {"mod_wsgi.request_handler", "wsgi-script"}, {"mod_wsgi.handler_script", ""},
        {"mod_wsgi.enable_sendfile", "0"},           {"mod_wsgi.ignore_activity", "0"},
        {"mod_wsgi.daemon_connects", "1"},           {"mod_wsgi.daemon_restarts", "0"}};
    size_t count = sizeof(texts) / sizeof(texts[0]) - (settings->is_daemon ? 0 : 2);

    for (size_t i = 0; i < count; i++) {
        if (set_cgi_text(prototype, texts[i][0], texts[i][1]) < 0) {
            return -1;
        }
    }
    if (set_constant(prototype, "mod_wsgi.version", Py_BuildValue("(iii)", 6, 0, 5)) < 0 ||
        set_cgi_text(prototype, "mod_wsgi.process_group", settings->process_group) < 0 ||
        set_cgi_text(prototype, "mod_wsgi.application_group", settings->application_group) < 0) {
        return -1;
    }
    return set_constant(prototype, "apache.version", new_reference(settings->apache_version));
}

/*
 * Adds the keys that every request sets, so that the copies of the prototype are large enough. Growing a copy would
 * cost more than all these keys.
 */
static int reserve_keys(PyObject *prototype, const pyw_adapter_state *state)
{
    static const char *const always[] = {"REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO",       "QUERY_STRING",
                                         "SERVER_NAME",    "SERVER_PORT", "SERVER_PROTOCOL", "wsgi.url_scheme"};
    PyObject *engine[] = {state->key_input, state->key_client_gone, state->key_early_hints};

    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        if (set_cgi_text(prototype, always[i], "") < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < sizeof(engine) / sizeof(engine[0]); i++) {
        if (PyDict_SetItem(prototype, engine[i], Py_None) < 0) {
            return -1;
        }
    }
    return pyw_keys_reserve(&state->keys, prototype, state->is_daemon);
}

/* Returns: new reference. */
static PyObject *make_prototype(const pyw_adapter_settings *settings, const pyw_adapter_state *state)
{
    PyObject *prototype = PyDict_New();

    if (prototype == NULL || set_constant(prototype, "wsgi.version", Py_BuildValue("(ii)", 1, 0)) < 0 ||
        set_constant(prototype, "wsgi.multithread", PyBool_FromLong(settings->multithread)) < 0 ||
        set_constant(prototype, "wsgi.multiprocess", PyBool_FromLong(settings->multiprocess)) < 0 ||
        set_constant(prototype, "wsgi.run_once", PyBool_FromLong(0)) < 0 ||
        set_constant(prototype, "wsgi.errors", new_reference(settings->errors)) < 0 ||
        set_constant(prototype, "wsgi.file_wrapper", new_reference((PyObject *)(void *)state->file_wrapper_type)) < 0 ||
        set_constant(prototype, "wsgi.input_terminated", PyBool_FromLong(1)) < 0 ||
        set_constant(prototype, "pywsgi.version", new_reference(settings->version)) < 0 ||
        set_cgi_text(prototype, "pywsgi.process_group", settings->process_group) < 0 ||
        set_cgi_text(prototype, "pywsgi.application_group", settings->application_group) < 0 ||
        set_mod_wsgi(prototype, settings) < 0 || reserve_keys(prototype, state) < 0) {
        Py_CLEAR(prototype);
    }
    return prototype;
}

static int make_types(pyw_adapter_state *state)
{
    for (int i = 0; i < PYW_HANDLE_KINDS; i++) {
        state->handle_types[i] = pyw_handle_type((pyw_handle_kind)i);
        if (state->handle_types[i] == NULL) {
            return -1;
        }
    }
    state->input_type = pyw_input_type();
    state->file_wrapper_type = pyw_file_wrapper_type();
    return state->input_type != NULL && state->file_wrapper_type != NULL ? 0 : -1;
}

static int fill_state(pyw_adapter_state *state, const pyw_adapter_settings *settings)
{
    if (make_types(state) < 0) {
        return -1;
    }
    state->key_input = PyUnicode_InternFromString("wsgi.input");
    state->key_client_gone = PyUnicode_InternFromString("pywsgi.client_gone");
    state->key_early_hints = PyUnicode_InternFromString("wsgi.early_hints");
    state->key_deadline = PyUnicode_InternFromString("pywsgi.deadline");
    state->name_close = PyUnicode_InternFromString("close");
    if (state->key_input == NULL || state->key_client_gone == NULL || state->key_early_hints == NULL ||
        state->key_deadline == NULL || state->name_close == NULL) {
        return -1;
    }
    state->request_timeout = new_reference(settings->request_timeout);
    state->client_gone = new_reference(settings->client_gone);
    pyw_running_init(&state->running, settings->subscribers);
    state->is_daemon = settings->is_daemon;
    if (pyw_keys_init(&state->keys) < 0) {
        return -1;
    }
    state->prototype = make_prototype(settings, state);
    state->names = pyw_names_create();
    return state->prototype != NULL && state->names != NULL ? 0 : -1;
}

pyw_adapter_state *pyw_adapter_state_create(const pyw_adapter_settings *settings)
{
    pyw_adapter_state *state = PyMem_Calloc(1, sizeof(*state));

    if (state == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (fill_state(state, settings) < 0) {
        pyw_adapter_state_destroy(state);
        return NULL;
    }
    return state;
}

static void free_kit(pyw_kit *kit)
{
    for (int i = 0; i < PYW_HANDLE_KINDS; i++) {
        Py_CLEAR(kit->handles[i]);
    }
    Py_CLEAR(kit->input);
}

void pyw_adapter_state_destroy(pyw_adapter_state *state)
{
    if (state == NULL) {
        return;
    }
    while (state->kit_count > 0) {
        free_kit(&state->kits[--state->kit_count]);
    }
    for (int i = 0; i < PYW_HANDLE_KINDS; i++) {
        Py_CLEAR(state->handle_types[i]);
    }
    Py_CLEAR(state->input_type);
    Py_CLEAR(state->file_wrapper_type);
    Py_CLEAR(state->prototype);
    Py_CLEAR(state->key_input);
    Py_CLEAR(state->key_client_gone);
    Py_CLEAR(state->key_early_hints);
    Py_CLEAR(state->key_deadline);
    Py_CLEAR(state->request_timeout);
    Py_CLEAR(state->client_gone);
    Py_CLEAR(state->name_close);
    pyw_running_clear(&state->running);
    pyw_keys_clear(&state->keys);
    pyw_names_destroy(state->names);
    PyMem_Free(state);
}

static int make_kit(pyw_adapter_state *state, pyw_kit *kit)
{
    memset(kit, 0, sizeof(*kit));
    for (int i = 0; i < PYW_HANDLE_KINDS; i++) {
        kit->handles[i] = pyw_handle_create(state->handle_types[i], (pyw_handle_kind)i);
        if (kit->handles[i] == NULL) {
            free_kit(kit);
            return -1;
        }
    }
    kit->input = pyw_input_create(state->input_type);
    if (kit->input == NULL) {
        free_kit(kit);
        return -1;
    }
    return 0;
}

int pyw_kit_take(pyw_adapter_state *state, pyw_kit *kit, pyw_request *request)
{
    if (state->kit_count > 0) {
        *kit = state->kits[--state->kit_count];
    }
    else if (make_kit(state, kit) < 0) {
        return -1;
    }
    pyw_handle_lend(kit->handles[PYW_HANDLE_WRITE], request, NULL);
    pyw_handle_lend(kit->handles[PYW_HANDLE_START_RESPONSE], request, kit->handles[PYW_HANDLE_WRITE]);
    pyw_handle_lend(kit->handles[PYW_HANDLE_CLIENT_GONE], request, NULL);
    pyw_handle_lend(kit->handles[PYW_HANDLE_EARLY_HINTS], request, NULL);
    pyw_input_lend(kit->input, request);
    return 0;
}

/* Whether the application still has one of the objects, which must then not serve another request. */
static int is_referenced(const pyw_kit *kit)
{
    int kept = Py_REFCNT(kit->input) != 1;

    for (int i = 0; i < PYW_HANDLE_KINDS; i++) {
        kept |= Py_REFCNT(kit->handles[i]) != 1;
    }
    return kept;
}

void pyw_kit_withdraw(pyw_kit *kit)
{
    for (int i = 0; i < PYW_HANDLE_KINDS; i++) {
        pyw_handle_withdraw(kit->handles[i]);
    }
    pyw_input_withdraw(kit->input);
}

void pyw_kit_return(pyw_adapter_state *state, pyw_kit *kit)
{
    if (state->kit_count == PYW_KITS_MAX || is_referenced(kit)) {
        free_kit(kit);
        return;
    }
    state->kits[state->kit_count++] = *kit;
}

/*
 * The engine's values override pairs of the request, except names that begin with "mod_wsgi.", which only httpd sets.
 */
static int is_reserved(const pyw_pair *pair)
{
    if (pair->name_length > 5 && memcmp(pair->name, "wsgi.", 5) == 0) {
        return pair->name_length != 15 || memcmp(pair->name, "wsgi.url_scheme", 15) != 0;
    }
    return pair->name_length > 7 && memcmp(pair->name, "pywsgi.", 7) == 0;
}

/*
 * Whether the pair is an argument of a function. Only httpd sets these names; pywsgi._scripts removes them from
 * environ.
 */
static int is_argument(const pyw_pair *pair)
{
    return pair->name_length > 12 && memcmp(pair->name, "pywsgi.call.", 12) == 0;
}

/* The deadline is a time of time.monotonic(). */
static int set_deadline(pyw_adapter_state *state, PyObject *environ, const pyw_exchange *exchange)
{
    PyObject *seconds;
    int rv;

    if (exchange->deadline == 0) {
        return 0;
    }
    seconds = PyFloat_FromDouble((double)exchange->deadline / 1000);
    rv = seconds != NULL ? PyDict_SetItem(environ, state->key_deadline, seconds) : -1;
    Py_XDECREF(seconds);
    return rv;
}

PyObject *pyw_state_environ(pyw_adapter_state *state, const pyw_kit *kit, const pyw_request *request)
{
    const pyw_exchange *exchange = request->exchange;
    PyObject *environ = PyDict_Copy(state->prototype);
    int rv = environ != NULL ? 0 : -1;

    for (uint32_t i = 0; rv == 0 && i < exchange->environ_count; i++) {
        const pyw_pair *pair = &exchange->environ_pairs[i];

        if (!is_reserved(pair)) {
            rv = pyw_names_set(state->names, environ, pair);
        }
        else if (is_argument(pair)) {
            rv = pyw_names_set_uncached(environ, pair);
        }
    }
    if (rv < 0 || PyDict_SetItem(environ, state->key_input, kit->input) < 0 ||
        PyDict_SetItem(environ, state->key_client_gone, kit->handles[PYW_HANDLE_CLIENT_GONE]) < 0 ||
        PyDict_SetItem(environ, state->key_early_hints, kit->handles[PYW_HANDLE_EARLY_HINTS]) < 0 ||
        set_deadline(state, environ, exchange) < 0 || pyw_keys_set(&state->keys, environ, request) < 0) {
        Py_CLEAR(environ);
    }
    return environ;
}
