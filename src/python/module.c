/* SPDX-License-Identifier: Apache-2.0 */
#include "python/module.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "python/call.h"
#include "python/package.h"
#include "python/process/forked.h"
#include "python/record.h"

static PyObject *stream_write(PyObject *stream, PyObject *data)
{
    Py_buffer bytes;
    Py_ssize_t length;

    if (PyObject_GetBuffer(data, &bytes, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    length = bytes.len;
    pyw_record_print((pyw_stream)PyLong_AsLong(stream), bytes.buf, (size_t)length);
    PyBuffer_Release(&bytes);
    return PyLong_FromSsize_t(length);
}

static PyObject *stream_flush(PyObject *stream, PyObject *unused)
{
    (void)unused;
    pyw_record_flush((pyw_stream)PyLong_AsLong(stream));
    Py_RETURN_NONE;
}

/* These methods are in C, because each print() calls write() twice. Their `self` is the number of the stream. */
static PyMethodDef write_method = {"write", stream_write, METH_O, NULL};
static PyMethodDef flush_method = {"flush", stream_flush, METH_NOARGS, NULL};

/* _pywsgi.log_functions(stream): returns the methods write() and flush() of a binary stream. */
static PyObject *module_log_functions(PyObject *self, PyObject *stream)
{
    long number = PyLong_AsLong(stream);

    if (number < 0 || number >= PYW_STREAMS) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "no such stream");
        }
        return NULL;
    }
    return Py_BuildValue("(NN)", PyCFunction_New(&write_method, stream), PyCFunction_New(&flush_method, stream));
}

/* _pywsgi.log(level, text): writes a log record. */
static PyObject *module_log(PyObject *self, PyObject *args)
{
    int level;
    PyObject *text;

    if (!PyArg_ParseTuple(args, "iU:log", &level, &text)) {
        return NULL;
    }
    if (level < PYW_LOG_EMERG || level > PYW_LOG_TRACE) {
        PyErr_SetString(PyExc_ValueError, "no such level");
        return NULL;
    }
    if (pyw_record_str((pyw_log_level)level, text) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* _pywsgi.warn_signal(file, line, number): the first call of signal.signal() from this line. */
static PyObject *module_warn_signal(PyObject *self, PyObject *args)
{
    const char *file;
    int line, number;
    char text[512];

    if (!PyArg_ParseTuple(args, "sii:warn_signal", &file, &line, &number)) {
        return NULL;
    }
    PyOS_snprintf(text, sizeof(text),
                  PYWNO(0510) "%.300s:%d calls signal.signal(%d, ...): the handler was not installed, signals belong "
                              "to the server",
                  file, line, number);
    pyw_record_text(PYW_LOG_WARNING, text, strlen(text));
    Py_RETURN_NONE;
}

static PyObject *module_is_forked(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(pyw_forked_is_child());
}

static PyObject *module_may_fork(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(pyw_forked_may_fork());
}

/* _pywsgi.call_with_signals(function, args, kwargs): calls the function with all signals unblocked in this thread. */
static PyObject *module_call_with_signals(PyObject *self, PyObject *args)
{
    PyObject *function, *positional, *named, *result;
    sigset_t none, before;

    if (!PyArg_ParseTuple(args, "OO!O!:call_with_signals", &function, &PyTuple_Type, &positional, &PyDict_Type,
                          &named)) {
        return NULL;
    }
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, &before);
    result = PyObject_Call(function, positional, named);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* _pywsgi.warn_thread(name, stack, is_awaited): a thread that still runs when its interpreter ends. */
static PyObject *module_warn_thread(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *stack;
    int is_awaited;
    pyw_log_level level;
    char text[512];

    if (!PyArg_ParseTuple(args, "sUp:warn_thread", &name, &stack, &is_awaited)) {
        return NULL;
    }
    level = is_awaited ? PYW_LOG_WARNING : PYW_LOG_ERR;
    PyOS_snprintf(text, sizeof(text),
                  PYWNO(0535) "the thread '%.300s' is not a daemon thread and has not ended: the process %s; its stack "
                              "follows",
                  name,
                  is_awaited ? "waits for it without a limit (shutdown-timeout=0)"
                             : "ends without waiting for it any longer");
    pyw_record_text(level, text, strlen(text));
    if (pyw_record_str(level, stack) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* _pywsgi.warn_no_signals(file, line): subscribe_signals() in embedded mode. */
static PyObject *module_warn_no_signals(PyObject *self, PyObject *args)
{
    const char *file;
    int line;
    char text[512];

    if (!PyArg_ParseTuple(args, "si:warn_no_signals", &file, &line)) {
        return NULL;
    }
    PyOS_snprintf(text, sizeof(text),
                  PYWNO(0546) "%.300s:%d calls subscribe_signals(): its function is not called, because httpd handles "
                              "the signals in embedded mode",
                  file, line);
    pyw_record_text(PYW_LOG_INFO, text, strlen(text));
    Py_RETURN_NONE;
}

/* _pywsgi.warn_callback(event, traceback): a subscriber of the event raised an exception. */
static PyObject *module_warn_callback(PyObject *self, PyObject *args)
{
    const char *event;
    PyObject *traceback;
    char text[256];

    if (!PyArg_ParseTuple(args, "sU:warn_callback", &event, &traceback)) {
        return NULL;
    }
    PyOS_snprintf(text, sizeof(text),
                  PYWNO(0547) "a subscriber of the event %.100s raised an exception, which is ignored; its traceback "
                              "follows",
                  event);
    pyw_record_text(PYW_LOG_ERR, text, strlen(text));
    if (pyw_record_str(PYW_LOG_ERR, traceback) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* _pywsgi.warn_pth(directory, reason): a .pth file in the directory cannot be processed. */
static PyObject *module_warn_pth(PyObject *self, PyObject *args)
{
    PyObject *directory, *reason, *text;
    int rv;

    if (!PyArg_ParseTuple(args, "UU:warn_pth", &directory, &reason)) {
        return NULL;
    }
    text = PyUnicode_FromFormat(PYWNO(0548) "%U is a directory of sys.path, but a .pth file in it cannot be processed, "
                                            "so directories that such files add may be missing: %U",
                                directory, reason);
    rv = text != NULL ? pyw_record_str(PYW_LOG_WARNING, text) : -1;
    Py_XDECREF(text);
    if (rv < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"log_functions", module_log_functions, METH_O, NULL},
                                {"log", module_log, METH_VARARGS, NULL},
                                {"warn_signal", module_warn_signal, METH_VARARGS, NULL},
                                {"is_forked", module_is_forked, METH_NOARGS, NULL},
                                {"may_fork", module_may_fork, METH_NOARGS, NULL},
                                {"call_with_signals", module_call_with_signals, METH_VARARGS, NULL},
                                {"warn_thread", module_warn_thread, METH_VARARGS, NULL},
                                {"warn_no_signals", module_warn_no_signals, METH_VARARGS, NULL},
                                {"warn_callback", module_warn_callback, METH_VARARGS, NULL},
                                {"warn_pth", module_warn_pth, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                 "_pywsgi",
                                 "The functions of the package pywsgi that are written in C.",
                                 0,
                                 methods,
                                 slots,
                                 NULL,
                                 NULL,
                                 NULL};

static PyObject *make_module(void)
{
    return PyModuleDef_Init(&definition);
}

int pyw_module_register(void)
{
    return PyImport_AppendInittab("_pywsgi", make_module);
}

/* Returns: new reference to a list of str. */
static PyObject *path_list(const char *const *entries)
{
    PyObject *list = PyList_New(0);

    for (; list != NULL && entries != NULL && *entries != NULL; entries++) {
        PyObject *entry = PyUnicode_DecodeFSDefault(*entries);

        if (entry == NULL || PyList_Append(list, entry) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(entry);
    }
    return list;
}

/* Returns: new reference to a list of (name, value), the settings of an interpreter. */
static PyObject *settings_list(const pyw_python_setting *setting, const char *application_group)
{
    PyObject *list = PyList_New(0);

    for (; list != NULL && setting != NULL && setting->name != NULL; setting++) {
        if (setting->application_group == NULL || strcmp(setting->application_group, application_group) == 0) {
            PyObject *pair = Py_BuildValue("(sN)", setting->name, PyUnicode_DecodeFSDefault(setting->value));

            if (pair == NULL || PyList_Append(list, pair) < 0) {
                Py_CLEAR(list);
            }
            Py_XDECREF(pair);
        }
    }
    return list;
}

int pyw_module_has_settings(const pyw_module_settings *settings, const char *application_group)
{
    const pyw_python_setting *setting = settings->python_settings;

    while (setting != NULL && setting->name != NULL &&
           (setting->application_group == NULL || strcmp(setting->application_group, application_group) != 0)) {
        setting++;
    }
    return setting != NULL && setting->name != NULL;
}

/* -1 with an exception set. */
static int execute_module(const pyw_package_module *module)
{
    PyObject *object = PyImport_AddModule(module->name);
    PyObject *names = object != NULL ? PyModule_GetDict(object) : NULL;
    PyObject *file, *code = NULL, *result = NULL;

    if (names == NULL || PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) < 0) {
        return -1;
    }
    file = PyUnicode_FromFormat("<%s>", module->name);
    if (file != NULL) {
        code = Py_CompileStringObject(module->text, file, Py_file_input, NULL, -1);
    }
    if (code != NULL) {
        result = PyEval_EvalCode(code, names, names);
    }
    Py_XDECREF(file);
    Py_XDECREF(code);
    Py_XDECREF(result);
    return result != NULL ? 0 : -1;
}

/*
 * The modules use "from pywsgi import ...", so create the package first. Its code is executed last. It imports
 * threading, and the first thread that imports threading becomes the main thread. -1 with an exception set.
 */
static int execute_package(void)
{
    if (PyImport_AddModule("pywsgi") == NULL) {
        return -1;
    }
    for (const pyw_package_module *module = pyw_package; module->name != NULL; module++) {
        if (execute_module(module) < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * os.environ of the main interpreter before any application could change it, marshalled. Guarded by the GIL, never
 * freed.
 */
static struct {
    char *data;
    Py_ssize_t length;
} environment;

static int save_environment(PyObject *bytes)
{
    if (environment.data == NULL) {
        environment.data = malloc((size_t)PyBytes_GET_SIZE(bytes));
        if (environment.data == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        environment.length = PyBytes_GET_SIZE(bytes);
        memcpy(environment.data, PyBytes_AS_STRING(bytes), (size_t)environment.length);
    }
    return 0;
}

int pyw_module_set_up(const pyw_module_settings *settings, const char *application_group, const char *main_group)
{
    const char *const first[] = {settings->home, NULL};
    PyObject *home = path_list(first);
    PyObject *path = path_list(settings->python_path);
    PyObject *own = settings_list(settings->python_settings, application_group);
    PyObject *result = NULL;
    int rv = -1;

    if (home != NULL && path != NULL && own != NULL && execute_package() == 0) {
        result = pyw_call("pywsgi", "_set_up", "(ssszOOOy#)", settings->version, settings->process_group,
                          application_group, main_group, own, home, path, environment.data, environment.length);
    }
    if (result != NULL) {
        rv = save_environment(result);
    }
    Py_XDECREF(home);
    Py_XDECREF(path);
    Py_XDECREF(own);
    Py_XDECREF(result);
    return rv;
}
