/* SPDX-License-Identifier: Apache-2.0 */
#include "python/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

/* The maximum number of callables that a message about a missing callable lists. */
#define SUGGESTIONS_MAX 8

/* The attribute of a script's module that contains its stamp. */
#define STAMP "__pywsgi_stamp__"

static void stamp_of(const struct stat *info, pyw_stamp *stamp)
{
    stamp->seconds = info->st_mtim.tv_sec;
    stamp->nanoseconds = info->st_mtim.tv_nsec;
    stamp->size = info->st_size;
    stamp->inode = info->st_ino;
}

int pyw_stamp_take(const char *path, pyw_stamp *stamp)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return -1;
    }
    stamp_of(&info, stamp);
    return 0;
}

int pyw_stamp_is_same(const pyw_stamp *one, const pyw_stamp *other)
{
    return one->seconds == other->seconds && one->nanoseconds == other->nanoseconds && one->size == other->size &&
           one->inode == other->inode;
}

/* Reads the descriptor to its end. Returns: new reference to a bytes object; NULL with an exception set. */
static PyObject *read_descriptor(int fd, size_t expected)
{
    size_t used = 0, capacity = expected + 1;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)capacity);

    while (bytes != NULL) {
        ssize_t got = read(fd, PyBytes_AS_STRING(bytes) + used, capacity - used);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            Py_DECREF(bytes);
            return NULL;
        }
        used += (size_t)got;
        if (got == 0) {
            _PyBytes_Resize(&bytes, (Py_ssize_t)used);
            break;
        }
        if (used == capacity) {
            capacity *= 2;
            _PyBytes_Resize(&bytes, (Py_ssize_t)capacity);
        }
    }
    return bytes;
}

/*
 * Returns: new reference to the text of the file; NULL with an exception set; NULL without an exception if the file
 * does not exist.
 */
static PyObject *read_script(const char *path, pyw_stamp *stamp)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    PyObject *text = NULL;

    if (fd >= 0 && fstat(fd, &info) == 0) {
        /*
         * Take the stamp from the open file before reading it, so that a change during the read yields another stamp.
         */
        stamp_of(&info, stamp);
        text = read_descriptor(fd, (size_t)info.st_size);
    }
    if (text == NULL && !PyErr_Occurred() && errno != ENOENT && errno != ENOTDIR) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
    }
    if (fd >= 0) {
        close(fd);
    }
    return text;
}

/* Compiles bytes, so that the compiler detects the encoding of the file. Returns: new reference. */
static PyObject *compile_script(PyObject *text, PyObject *path)
{
    PyObject *builtins = PyImport_ImportModule("builtins");
    PyObject *code = NULL;

    if (builtins != NULL) {
        code = PyObject_CallMethod(builtins, "compile", "OOsii", text, path, "exec", 0, 1);
    }
    Py_XDECREF(builtins);
    return code;
}

/*
 * Returns: new reference to "_mod_wsgi_" and a hash of the path. Scripts recognise mod_wsgi by that beginning. A file
 * has the same name in every process.
 */
static PyObject *module_name(const char *path)
{
    char name[48];

    snprintf(name, sizeof(name), "_mod_wsgi_%016" PRIx64, pyw_digest_mix(PYW_DIGEST_START, path, strlen(path)));
    return PyUnicode_FromString(name);
}

/* Puts the module (NULL: none) into sys.modules. Returns a new reference to the module that it replaces, or NULL. */
static PyObject *exchange_module(PyObject *name, PyObject *module)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *before = PyDict_GetItemWithError(modules, name);

    Py_XINCREF(before);
    if (module != NULL) {
        PyDict_SetItem(modules, name, module);
    }
    else if (before != NULL) {
        PyDict_DelItem(modules, name);
    }
    return before;
}

/* Returns: new reference to a module with the global names that a script needs. */
static PyObject *new_module(PyObject *name, PyObject *path, const pyw_stamp *stamp)
{
    PyObject *module = PyModule_NewObject(name);
    PyObject *names = module != NULL ? PyModule_GetDict(module) : NULL;
    PyObject *version = PyBytes_FromStringAndSize((const char *)stamp, sizeof(*stamp));
    PyObject *time = PyLong_FromLongLong(stamp->seconds * 1000000 + stamp->nanoseconds / 1000);

    if (names == NULL || version == NULL || time == NULL || PyDict_SetItemString(names, "__mtime__", time) < 0 ||
        PyDict_SetItemString(names, "__file__", path) < 0 || PyDict_SetItemString(names, STAMP, version) < 0 ||
        PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) < 0) {
        Py_CLEAR(module);
    }
    Py_XDECREF(version);
    Py_XDECREF(time);
    return module;
}

/* Executes the code in a new module, which is in sys.modules from the first line on. Returns: new reference. */
static PyObject *execute(PyObject *code, PyObject *name, PyObject *path, const pyw_stamp *stamp)
{
    PyObject *module = new_module(name, path, stamp);
    PyObject *names, *before, *result, *error[3];

    if (module == NULL) {
        return NULL;
    }
    names = PyModule_GetDict(module);
    before = exchange_module(name, module);
    result = PyEval_EvalCode(code, names, names);
    if (result == NULL) {
        PyErr_Fetch(&error[0], &error[1], &error[2]);
        Py_XDECREF(exchange_module(name, before));
        Py_CLEAR(module);
        PyErr_Restore(error[0], error[1], error[2]);
    }
    Py_XDECREF(before);
    Py_XDECREF(result);
    return module;
}

/*
 * Returns: new reference to the module of that name if this version of the script is loaded, or NULL without an
 * exception.
 */
static PyObject *loaded_module(PyObject *name, const pyw_stamp *stamp)
{
    PyObject *module = PyImport_GetModule(name);
    PyObject *version = module != NULL ? PyObject_GetAttrString(module, STAMP) : NULL;

    if (version == NULL || !PyBytes_Check(version) || PyBytes_GET_SIZE(version) != sizeof(*stamp) ||
        memcmp(PyBytes_AS_STRING(version), stamp, sizeof(*stamp)) != 0) {
        Py_CLEAR(module);
    }
    Py_XDECREF(version);
    PyErr_Clear();
    return module;
}

static PyObject *load_text(PyObject *text, PyObject *name, const char *path, const pyw_stamp *stamp)
{
    PyObject *file = PyUnicode_DecodeFSDefault(path);
    PyObject *code = file != NULL ? compile_script(text, file) : NULL;
    PyObject *module = code != NULL ? execute(code, name, file, stamp) : NULL;

    Py_XDECREF(code);
    Py_XDECREF(file);
    return module;
}

PyObject *pyw_loader_script(const char *path, pyw_stamp *stamp)
{
    PyObject *text = read_script(path, stamp);
    PyObject *name = text != NULL ? module_name(path) : NULL;
    PyObject *module = NULL;

    if (name != NULL) {
        module = loaded_module(name, stamp);
        if (module == NULL) {
            module = load_text(text, name, path, stamp);
        }
    }
    Py_XDECREF(name);
    Py_XDECREF(text);
    return module;
}

PyObject *pyw_loader_module(const char *name)
{
    PyObject *text = PyUnicode_FromString(name);
    /* PyImport_Import returns the outermost module of a dotted name, so take the innermost from sys.modules. */
    PyObject *module = text != NULL ? PyImport_Import(text) : NULL;

    Py_XDECREF(module);
    module = module != NULL ? PyImport_GetModule(text) : NULL;
    if (module == NULL && text != NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_ImportError, "the module %s took itself out of sys.modules", name);
    }
    Py_XDECREF(text);
    return module;
}

/* Writes the public callables of the module as ", a, b", functions before other objects. */
static void list_callables(PyObject *module, char *text, size_t size)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    int count = 0;

    *text = '\0';
    while (count < SUGGESTIONS_MAX && PyDict_Next(PyModule_GetDict(module), &position, &key, &value)) {
        const char *name = PyUnicode_Check(key) ? PyUnicode_AsUTF8(key) : NULL;
        size_t used = strlen(text);

        if (name != NULL && *name != '_' && PyCallable_Check(value) && !PyType_Check(value)) {
            snprintf(text + used, size - used, "%s%s", count > 0 ? ", " : "", name);
            count++;
        }
    }
    PyErr_Clear();
}

/* Explains which names exist, and what to write so that the application is found. */
static void explain_missing(PyObject *module, const char *expression, const char *missing, pyw_problem *problem)
{
    char callables[512];

    list_callables(module, callables, sizeof(callables));
    pyw_problem_set(problem,
                    "it has no callable \"%s\" (no \"%s\"); define one, as in application = Flask(__name__) or def "
                    "application(environ, start_response), or name yours with WSGICallableObject, callable-object= or, "
                    "for an importable application, module:name or module:create_app(); callables in it: %s",
                    expression, missing, *callables != '\0' ? callables : "none");
}

/*
 * Follows the dots. Returns: new reference; NULL without an exception if a name does not exist, with the name in
 * `missing`.
 */
static PyObject *follow(PyObject *module, const char *path, size_t length, char *missing, size_t size)
{
    PyObject *object = module;
    const char *end = path + length;

    Py_INCREF(object);
    while (object != NULL && path < end) {
        const char *dot = memchr(path, '.', (size_t)(end - path));
        size_t part = (size_t)((dot != NULL ? dot : end) - path);
        PyObject *next;

        snprintf(missing, size, "%.*s", (int)part, path);
        next = PyObject_GetAttrString(object, missing);
        Py_DECREF(object);
        object = next;
        path += part + 1;
    }
    if (object == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
    }
    return object;
}

PyObject *pyw_loader_callable(PyObject *module, const char *expression, pyw_problem *problem)
{
    size_t length = strlen(expression);
    int is_factory = length > 2 && strcmp(expression + length - 2, "()") == 0;
    char missing[256];
    PyObject *object = follow(module, expression, is_factory ? length - 2 : length, missing, sizeof(missing));

    if (object == NULL) {
        if (!PyErr_Occurred()) {
            explain_missing(module, expression, missing, problem);
        }
        return NULL;
    }
    if (is_factory && PyCallable_Check(object)) {
        PyObject *factory = object;

        object = PyObject_CallObject(factory, NULL);
        Py_DECREF(factory);
    }
    if (object != NULL && !PyCallable_Check(object)) {
        pyw_problem_set(problem,
                        "its \"%s\" is a %s, which cannot be called: PEP 3333 wants application(environ, "
                        "start_response)",
                        expression, Py_TYPE(object)->tp_name);
        Py_CLEAR(object);
    }
    return object;
}
