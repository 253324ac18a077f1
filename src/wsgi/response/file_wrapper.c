/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/response/file_wrapper.h"

#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_BLOCK 8192

typedef struct file_wrapper {
    PyObject_HEAD PyObject *file;
    PyObject *read;  /* its method, cached */
    PyObject *block; /* int: the size of a block */
} file_wrapper;

static file_wrapper *wrapper_of(PyObject *object)
{
    return (file_wrapper *)(void *)object;
}

static PyObject *wrapper_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char file_name[] = "filelike", block_name[] = "blksize";
    static char *names[] = {file_name, block_name, NULL};
    Py_ssize_t block = DEFAULT_BLOCK;
    PyObject *file, *self;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|n:FileWrapper", names, &file, &block)) {
        return NULL;
    }
    self = type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(file);
    wrapper_of(self)->file = file;
    wrapper_of(self)->block = PyLong_FromSsize_t(block > 0 ? block : DEFAULT_BLOCK);
    wrapper_of(self)->read = PyObject_GetAttrString(file, "read");
    if (wrapper_of(self)->block == NULL || wrapper_of(self)->read == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

static int wrapper_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(wrapper_of(self)->file);
    Py_VISIT(wrapper_of(self)->read);
    Py_VISIT(wrapper_of(self)->block);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static int wrapper_clear(PyObject *self)
{
    Py_CLEAR(wrapper_of(self)->file);
    Py_CLEAR(wrapper_of(self)->read);
    Py_CLEAR(wrapper_of(self)->block);
    return 0;
}

static void wrapper_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    wrapper_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* An empty block ends the iteration. */
static PyObject *wrapper_next(PyObject *self)
{
    PyObject *block;
    int more;

    if (wrapper_of(self)->read == NULL) {
        return NULL;
    }
    block = PyObject_CallFunctionObjArgs(wrapper_of(self)->read, wrapper_of(self)->block, NULL);
    if (block == NULL) {
        return NULL;
    }
    more = PyObject_IsTrue(block);
    if (more <= 0) {
        Py_CLEAR(block);
    }
    return block;
}

static PyObject *wrapper_close(PyObject *self, PyObject *unused)
{
    PyObject *close = NULL, *result;

    if (wrapper_of(self)->file != NULL) {
        close = PyObject_GetAttrString(wrapper_of(self)->file, "close");
    }
    if (close == NULL) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return NULL;
        }
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    result = PyObject_CallObject(close, NULL);
    Py_DECREF(close);
    return result;
}

static PyMethodDef wrapper_methods[] = {
    {"close", wrapper_close, METH_NOARGS, "Closes the file-like object, if it can be closed."}, {NULL, NULL, 0, NULL}};

static PyMemberDef wrapper_members[] = {{"filelike", T_OBJECT, offsetof(file_wrapper, file), READONLY, NULL},
                                        {"blksize", T_OBJECT, offsetof(file_wrapper, block), READONLY, NULL},
                                        {NULL, 0, 0, 0, NULL}};

static PyType_Slot wrapper_slots[] = {
    {Py_tp_new, (void *)wrapper_new},
    {Py_tp_dealloc, (void *)wrapper_dealloc},
    {Py_tp_traverse, (void *)wrapper_traverse},
    {Py_tp_clear, (void *)wrapper_clear},
    {Py_tp_iter, (void *)PyObject_SelfIter},
    {Py_tp_iternext, (void *)wrapper_next},
    {Py_tp_methods, wrapper_methods},
    {Py_tp_members, wrapper_members},
    {Py_tp_doc, (void *)(uintptr_t) "FileWrapper(filelike, blksize=8192): wsgi.file_wrapper of PEP 3333."},
    {0, NULL}};

static PyType_Spec wrapper_spec = {"pywsgi.FileWrapper", (int)sizeof(file_wrapper), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, wrapper_slots};

PyTypeObject *pyw_file_wrapper_type(void)
{
    return (PyTypeObject *)(void *)PyType_FromSpec(&wrapper_spec);
}

/* Returns the result of file.name(), a non-negative integer; -1 without an exception for anything else. */
static long long call_method(PyObject *file, const char *name)
{
    PyObject *result = PyObject_CallMethod(file, name, NULL);
    long long number = -1;

    if (result != NULL && PyLong_Check(result)) {
        number = PyLong_AsLongLong(result);
    }
    Py_XDECREF(result);
    PyErr_Clear();
    return number;
}

/*
 * Only objects of the io module are known to return the bytes of their descriptor. A gzip.GzipFile has a fileno(), too,
 * but returns different bytes.
 */
static int is_plain_file(PyObject *file)
{
    PyObject *io = PyImport_ImportModule("io"), *classes = NULL;
    int plain = 0;

    if (io != NULL) {
        classes = Py_BuildValue("(NNN)", PyObject_GetAttrString(io, "BufferedReader"),
                                PyObject_GetAttrString(io, "BufferedRandom"), PyObject_GetAttrString(io, "FileIO"));
    }
    if (classes != NULL) {
        for (Py_ssize_t i = 0; i < 3; i++) {
            plain |= (PyObject *)Py_TYPE(file) == PyTuple_GET_ITEM(classes, i);
        }
    }
    Py_XDECREF(classes);
    Py_XDECREF(io);
    PyErr_Clear();
    return plain;
}

/* Returns: new reference to the raw file below io's classes and tempfile's wrapper; NULL if there is none. */
static PyObject *plain_file(PyObject *file)
{
    PyObject *inner;

    if (is_plain_file(file)) {
        Py_INCREF(file);
        return file;
    }
    inner = PyObject_GetAttrString(file, "file");
    if (inner == NULL || !is_plain_file(inner)) {
        PyErr_Clear();
        Py_CLEAR(inner);
    }
    return inner;
}

int pyw_file_wrapper_file(PyObject *wrapper, int *fd, off_t *offset, uint64_t *length)
{
    PyObject *file = wrapper_of(wrapper)->file == NULL ? NULL : plain_file(wrapper_of(wrapper)->file);
    long long number, position;
    struct stat info;

    if (file == NULL) {
        return 0;
    }
    number = call_method(file, "fileno");
    position = number < 0 ? -1 : call_method(file, "tell");
    Py_DECREF(file);
    if (position < 0 || number > INT32_MAX || fstat((int)number, &info) != 0 || !S_ISREG(info.st_mode)) {
        return 0;
    }
    *fd = (int)number;
    *offset = (off_t)position;
    *length = info.st_size > position ? (uint64_t)(info.st_size - position) : 0;
    return 1;
}
