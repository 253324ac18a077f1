/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pyw_module.h"

#include "python/pyw_bootstrap.h"
#include "python/pyw_record.h"

#define MODULE "pywsgi"

/* _pywsgi.print(stream, str or bytes-like): what a stream's write() does. */
static PyObject *module_print(PyObject *self, PyObject *args)
{
    int stream;
    PyObject *data, *bytes;

    if (!PyArg_ParseTuple(args, "iO:print", &stream, &data)) {
        return NULL;
    }
    if (stream < 0 || stream >= PYW_STREAMS) {
        PyErr_SetString(PyExc_ValueError, "no such stream");
        return NULL;
    }
    bytes = PyUnicode_Check(data) ? PyUnicode_AsEncodedString(data, "utf-8", "backslashreplace")
                                  : PyBytes_FromObject(data);
    if (bytes == NULL) {
        return NULL;
    }
    pyw_record_print((pyw_stream)stream, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    Py_RETURN_NONE;
}

static PyObject *module_flush(PyObject *self, PyObject *args)
{
    int stream;

    if (!PyArg_ParseTuple(args, "i:flush", &stream)) {
        return NULL;
    }
    if (stream >= 0 && stream < PYW_STREAMS) {
        pyw_record_flush((pyw_stream)stream);
    }
    Py_RETURN_NONE;
}

/* _pywsgi.log(level, text): a record of its own. */
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

/* The first call of signal.signal() from a place in the code. */
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
                  "to the server", file, line, number);
    pyw_record_text(PYW_LOG_WARNING, text, strlen(text));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "print", module_print, METH_VARARGS, NULL },
    { "flush", module_flush, METH_VARARGS, NULL },
    { "log", module_log, METH_VARARGS, NULL },
    { "warn_signal", module_warn_signal, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL }
};

static PyModuleDef_Slot slots[] = { { 0, NULL } };

static PyModuleDef definition = { PyModuleDef_HEAD_INIT, "_pywsgi", "What the module pywsgi is made of.", 0, methods,
                                  slots, NULL, NULL, NULL };

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

/* Runs the source text as the module `pywsgi`. Returns: borrowed reference; NULL with an exception set. */
static PyObject *run_source(void)
{
    PyObject *code = Py_CompileString(pyw_bootstrap_source, "<" MODULE ">", Py_file_input);
    PyObject *module = code != NULL ? PyImport_AddModule(MODULE) : NULL;
    PyObject *names = module != NULL ? PyModule_GetDict(module) : NULL;
    PyObject *result = NULL;

    if (names != NULL && PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0) {
        result = PyEval_EvalCode(code, names, names);
    }
    Py_XDECREF(code);
    if (result == NULL) {
        return NULL;
    }
    Py_DECREF(result);
    return module;
}

int pyw_module_set_up(const pyw_module_settings *settings, const char *application_group)
{
    PyObject *module = run_source();
    PyObject *path = module != NULL ? path_list(settings->python_path) : NULL;
    PyObject *result = NULL;

    if (path != NULL) {
        result = PyObject_CallMethod(module, "_set_up", "sssO", settings->version, settings->process_group,
                                     application_group, path);
    }
    Py_XDECREF(path);
    Py_XDECREF(result);
    return result != NULL ? 0 : -1;
}

PyObject *pyw_module_attribute(const char *name)
{
    PyObject *module = PyImport_ImportModule(MODULE);
    PyObject *object = module != NULL ? PyObject_GetAttrString(module, name) : NULL;

    Py_XDECREF(module);
    return object;
}

PyObject *pyw_module_call(const char *name)
{
    PyObject *function = pyw_module_attribute(name);
    PyObject *result = function != NULL ? PyObject_CallNoArgs(function) : NULL;

    Py_XDECREF(function);
    return result;
}
