/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include "python/loaded_files.h"

#include "python/process/interpreter.h"

typedef struct visitor {
    void (*visit)(void *baton, const char *path, int is_search_path);
    void *baton;
} visitor;

/* `path`: borrowed; NULL, or any object. */
static void visit_path(const visitor *to, PyObject *path, int is_search_path)
{
    PyObject *bytes = path != NULL && PyUnicode_Check(path) ? PyUnicode_EncodeFSDefault(path) : NULL;

    if (bytes != NULL) {
        to->visit(to->baton, PyBytes_AS_STRING(bytes), is_search_path);
        Py_DECREF(bytes);
    }
    PyErr_Clear();
}

/*
 * Reads the dictionaries of the modules: attribute access would run the code of modules with __getattr__, and would
 * load lazy modules.
 */
static void visit_modules(const visitor *to)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *name = PyUnicode_InternFromString("__file__");
    PyObject *key, *module;
    Py_ssize_t position = 0;

    while (name != NULL && PyDict_Check(modules) && PyDict_Next(modules, &position, &key, &module)) {
        PyObject *names = PyModule_Check(module) ? PyModule_GetDict(module) : NULL;

        visit_path(to, names != NULL ? PyDict_GetItemWithError(names, name) : NULL, 0);
    }
    Py_XDECREF(name);
    PyErr_Clear();
}

static void visit_search_path(const visitor *to)
{
    PyObject *path = PySys_GetObject("path");

    for (Py_ssize_t i = 0; path != NULL && PyList_Check(path) && i < PyList_GET_SIZE(path); i++) {
        visit_path(to, PyList_GET_ITEM(path, i), 1);
    }
}

/* In an interpreter, with the GIL. */
static void visit_interpreter(void *baton)
{
    visit_modules(baton);
    visit_search_path(baton);
}

void pyw_loaded_files_each(void (*visit)(void *baton, const char *path, int is_search_path), void *baton)
{
    visitor to = {visit, baton};

    pyw_interpreter_stay_nameless();
    pyw_interpreter_each(visit_interpreter, &to);
}
