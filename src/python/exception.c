/* SPDX-License-Identifier: Apache-2.0 */
#include "python/exception.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "python/call.h"
#include "python/record.h"

/* An exception taken out of the thread state and normalised. The members are owned references. */
typedef struct taken {
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
} taken;

static taken take_exception(void)
{
    taken exception;

    PyErr_Fetch(&exception.type, &exception.value, &exception.traceback);
    PyErr_NormalizeException(&exception.type, &exception.value, &exception.traceback);
    if (exception.value != NULL && exception.traceback != NULL) {
        PyException_SetTraceback(exception.value, exception.traceback);
    }
    return exception;
}

static void drop_exception(taken *exception)
{
    Py_CLEAR(exception->type);
    Py_CLEAR(exception->value);
    Py_CLEAR(exception->traceback);
}

static const char *type_name(PyObject *type)
{
    return type != NULL && PyType_Check(type) ? ((PyTypeObject *)(void *)type)->tp_name : "unknown exception";
}

/* Returns: new reference to the text of the traceback; NULL with an exception set. */
static PyObject *format(const taken *exception)
{
    PyObject *module = PyImport_ImportModule("traceback");
    PyObject *lines = NULL, *empty = NULL, *text = NULL;

    if (module != NULL) {
        lines = PyObject_CallMethod(module, "format_exception", "OOO", exception->type,
                                    exception->value != NULL ? exception->value : Py_None,
                                    exception->traceback != NULL ? exception->traceback : Py_None);
    }
    if (lines != NULL && (empty = PyUnicode_FromString("")) != NULL) {
        text = PyUnicode_Join(empty, lines);
    }
    Py_XDECREF(empty);
    Py_XDECREF(lines);
    return text;
}

/* Copies the last line, and the last lines that fit. */
static void copy_text(PyObject *text, pyw_exception_report *report)
{
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    const char *first, *line, *end;

    if (bytes == NULL) {
        PyErr_Clear();
        return;
    }
    first = PyBytes_AS_STRING(bytes);
    end = first + PyBytes_GET_SIZE(bytes);
    while (end > first && end[-1] == '\n') {
        end--;
    }
    for (line = end; line > first && line[-1] != '\n'; line--) {
    }
    snprintf(report->last, sizeof(report->last), "%.*s", (int)(end - line), line);
    while (end - first >= (ptrdiff_t)sizeof(report->traceback)) {
        const char *cut = memchr(first, '\n', (size_t)(end - first));

        first = cut != NULL ? cut + 1 : end - sizeof(report->traceback) + 1;
    }
    snprintf(report->traceback, sizeof(report->traceback), "%.*s", (int)(end - first), first);
    Py_DECREF(bytes);
}

static uint64_t kind_of(const taken *exception)
{
    PyObject *bytes = pyw_call("pywsgi._failures", "kind", "(OO)", exception->type,
                               exception->traceback != NULL ? exception->traceback : Py_None);
    uint64_t kind = 0;

    if (bytes != NULL && PyBytes_Check(bytes)) {
        kind = pyw_digest_mix(PYW_DIGEST_START, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    }
    Py_XDECREF(bytes);
    PyErr_Clear();
    return kind;
}

/* Explains the ImportError of an extension module that supports only one interpreter, or only the main interpreter. */
static void log_refusal(const taken *exception, pyw_log_level level)
{
    PyObject *why = pyw_call("pywsgi._imports", "explain_refusal", "(O)", exception->value); /* None: another error */
    PyObject *group = why != NULL && why != Py_None ? pyw_call_attribute("pywsgi", "application_group") : NULL;
    PyObject *text = NULL;

    if (group != NULL) {
        text = PyUnicode_FromFormat(
            PYWNO(0536) "an extension module refuses the sub-interpreter in which application group '%U' runs, because "
                        "%U: give the application a process group of its own (WSGIDaemonProcess NAME, and "
                        "process-group=NAME in its WSGIScriptAlias), or application-group=%%{GLOBAL}",
            group, why);
    }
    if (text != NULL) {
        pyw_record_str(level, text);
    }
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(group);
    Py_XDECREF(why);
}

/* Says where a missing module was searched, and which option would find it. */
static void log_missing_module(const taken *exception, pyw_log_level level)
{
    PyObject *text = NULL;

    if (PyErr_GivenExceptionMatches(exception->type, PyExc_ImportError)) {
        text = pyw_call("pywsgi._explain", "missing_module", "(O)", exception->value);
    }
    if (text != NULL && text != Py_None) {
        pyw_record_str(level, text);
    }
    PyErr_Clear();
    Py_XDECREF(text);
}

void pyw_exception_log(pyw_log_level level, const char *message)
{
    pyw_exception_log_report(level, message, NULL);
}

void pyw_exception_log_report(pyw_log_level level, const char *message, pyw_exception_report *report)
{
    taken exception = take_exception();
    PyObject *text;
    int is_load = report != NULL && report->is_load;

    if (report != NULL) {
        *report = (pyw_exception_report){0};
    }
    pyw_record_text(level, message, strlen(message));
    if (exception.type == NULL) {
        return;
    }
    text = format(&exception);
    if (text == NULL || pyw_record_str(level, text) < 0) {
        char plain[256];

        PyErr_Clear();
        snprintf(plain, sizeof(plain), "%s (its traceback cannot be formatted)", type_name(exception.type));
        pyw_record_text(level, plain, strlen(plain));
    }
    if (text != NULL && report != NULL) {
        copy_text(text, report);
        report->kind = kind_of(&exception);
    }
    Py_XDECREF(text);
    PyErr_Clear();
    if (is_load) {
        log_missing_module(&exception, level);
    }
    if (PyThreadState_GetInterpreter(PyThreadState_Get()) != PyInterpreterState_Main()) {
        log_refusal(&exception, level);
    }
    drop_exception(&exception);
    PyErr_Clear();
}

void pyw_exception_describe(char *text, size_t size)
{
    taken exception = take_exception();
    PyObject *message = exception.value != NULL ? PyObject_Str(exception.value) : NULL;
    PyObject *bytes = message != NULL ? PyUnicode_AsEncodedString(message, "utf-8", "backslashreplace") : NULL;

    snprintf(text, size, "%s: %s", type_name(exception.type), bytes != NULL ? PyBytes_AS_STRING(bytes) : "");
    Py_XDECREF(bytes);
    Py_XDECREF(message);
    drop_exception(&exception);
    PyErr_Clear();
}

pyw_result pyw_exception_problem(pyw_problem *problem, const char *what)
{
    char text[768];

    pyw_exception_describe(text, sizeof(text));
    return pyw_problem_set(problem, "%s: %s", what, text);
}

const char *pyw_exception_name(void)
{
    return type_name(PyErr_Occurred());
}
