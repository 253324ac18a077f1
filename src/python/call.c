/* SPDX-License-Identifier: Apache-2.0 */
#include "python/call.h"

PyObject *pyw_call_attribute(const char *module, const char *name)
{
    PyObject *object = PyImport_ImportModule(module);
    PyObject *attribute = object != NULL ? PyObject_GetAttrString(object, name) : NULL;

    Py_XDECREF(object);
    return attribute;
}

PyObject *pyw_call(const char *module, const char *name, const char *format, ...)
{
    PyObject *arguments, *function, *result = NULL;
    va_list values;

    va_start(values, format);
    arguments = Py_VaBuildValue(format, values);
    va_end(values);
    function = arguments != NULL ? pyw_call_attribute(module, name) : NULL;
    if (function != NULL) {
        result = PyObject_CallObject(function, arguments);
    }
    Py_XDECREF(function);
    Py_XDECREF(arguments);
    return result;
}

int pyw_call_plain(const char *module, const char *name)
{
    PyObject *result = pyw_call(module, name, "()");

    Py_XDECREF(result);
    return result != NULL ? 0 : -1;
}
