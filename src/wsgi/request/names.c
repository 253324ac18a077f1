/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/request/names.h"

#include <string.h>

enum {
    SLOTS = 1024,      /* a power of two */
    ENTRIES_MAX = 384, /* clients choose names, so further names are not cached */
    NAME_MAX_CACHED = 64,
    VALUE_MAX_CACHED = 512
};

typedef struct entry {
    PyObject *name;
    PyObject *value; /* may be NULL */
    PyObject *copy;  /* another name that gets the first value as well; mostly NULL */
    uint32_t hash;
    int is_path; /* PEP 3333 strings are Latin-1, but SCRIPT_FILENAME and DOCUMENT_ROOT are file names (os.fsdecode) */
} entry;

struct pyw_names {
    entry slots[SLOTS];
    int count;
};

/* Cached from the start, so that a client cannot fill the cache with other names first. */
static const char *const known[] = {"REQUEST_METHOD",
                                    "QUERY_STRING",
                                    "REQUEST_URI",
                                    "SERVER_PROTOCOL",
                                    "SCRIPT_NAME",
                                    "PATH_INFO",
                                    "SCRIPT_FILENAME",
                                    "DOCUMENT_ROOT",
                                    "CONTEXT_PREFIX",
                                    "CONTEXT_DOCUMENT_ROOT",
                                    "SERVER_NAME",
                                    "SERVER_PORT",
                                    "SERVER_ADDR",
                                    "SERVER_ADMIN",
                                    "SERVER_SOFTWARE",
                                    "SERVER_SIGNATURE",
                                    "REMOTE_ADDR",
                                    "REMOTE_PORT",
                                    "REMOTE_USER",
                                    "AUTH_TYPE",
                                    "REQUEST_SCHEME",
                                    "GATEWAY_INTERFACE",
                                    "PATH_TRANSLATED",
                                    "CONTENT_TYPE",
                                    "CONTENT_LENGTH",
                                    "UNIQUE_ID",
                                    "wsgi.url_scheme",
                                    "mod_wsgi.server_pid",
                                    "mod_wsgi.listener_host",
                                    "mod_wsgi.listener_port",
                                    "mod_wsgi.queue_start",
                                    "HTTP_HOST",
                                    "HTTP_USER_AGENT",
                                    "HTTP_ACCEPT",
                                    "HTTP_ACCEPT_LANGUAGE",
                                    "HTTP_ACCEPT_ENCODING",
                                    "HTTP_CONNECTION",
                                    "HTTP_REFERER",
                                    "HTTP_COOKIE",
                                    "HTTP_AUTHORIZATION",
                                    "HTTP_ORIGIN",
                                    "HTTP_CACHE_CONTROL",
                                    "HTTP_PRAGMA",
                                    "HTTP_IF_MODIFIED_SINCE",
                                    "HTTP_IF_NONE_MATCH",
                                    "HTTP_RANGE",
                                    "HTTP_UPGRADE_INSECURE_REQUESTS",
                                    "HTTP_SEC_FETCH_DEST",
                                    "HTTP_SEC_FETCH_MODE",
                                    "HTTP_SEC_FETCH_SITE",
                                    "HTTP_SEC_FETCH_USER",
                                    "HTTP_DNT",
                                    "HTTP_X_FORWARDED_FOR",
                                    "HTTP_X_FORWARDED_PROTO",
                                    "HTTP_X_FORWARDED_HOST",
                                    "HTTP_X_REQUESTED_WITH",
                                    "HTTP_EXPECT"};

/* Hashes eight bytes at a time. A client can provoke collisions, but there are too few entries for an attack. */
static uint32_t hash_bytes(const char *bytes, uint32_t length)
{
    uint64_t hash = length, word;

    for (; length >= sizeof(word); bytes += sizeof(word), length -= (uint32_t)sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    for (word = 0; length > 0; length--) {
        word = word << 8 | (unsigned char)bytes[length - 1];
    }
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash >> 32);
}

static int is_same_name(PyObject *string, const char *bytes, uint32_t length)
{
    return (size_t)PyUnicode_GET_LENGTH(string) == length && memcmp(PyUnicode_1BYTE_DATA(string), bytes, length) == 0;
}

/* Returns: new reference to a str of the same Latin-1 bytes. */
static PyObject *latin1(const char *bytes, uint32_t length)
{
    return PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, length > 0 ? bytes : "", (Py_ssize_t)length);
}

static int is_path_name(const char *name, uint32_t length)
{
    return (length == 15 && memcmp(name, "SCRIPT_FILENAME", 15) == 0) ||
           (length == 13 && memcmp(name, "DOCUMENT_ROOT", 13) == 0);
}

/* Returns the entry of the name, or a new entry if there is room; NULL without an exception if there is none. */
static entry *find_name(pyw_names *names, const char *name, uint32_t length, int *failed)
{
    uint32_t hash = hash_bytes(name, length);
    uint32_t at = hash & (SLOTS - 1);

    while (names->slots[at].name != NULL) {
        if (names->slots[at].hash == hash && is_same_name(names->slots[at].name, name, length)) {
            return &names->slots[at];
        }
        at = (at + 1) & (SLOTS - 1);
    }
    if (names->count >= ENTRIES_MAX || length > NAME_MAX_CACHED) {
        return NULL;
    }
    names->slots[at].name = latin1(name, length);
    if (names->slots[at].name == NULL) {
        *failed = 1;
        return NULL;
    }
    /*
     * Intern the name, so that it is the same object as a constant of the script ("HTTP_HOST"): dict lookups compare
     * pointers.
     */
    PyUnicode_InternInPlace(&names->slots[at].name);
    names->slots[at].hash = hash;
    names->slots[at].is_path = is_path_name(name, length);
    names->count++;
    return &names->slots[at];
}

/* The second name gets the first value of the first name, because a later value comes from a trusted proxy. */
static const char *const copies[][2] = {{"SCRIPT_NAME", "mod_wsgi.script_name"}, {"PATH_INFO", "mod_wsgi.path_info"}};

static int add_copies(pyw_names *names)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]) && !failed; i++) {
        entry *found = find_name(names, copies[i][0], (uint32_t)strlen(copies[i][0]), &failed);

        found->copy = PyUnicode_InternFromString(copies[i][1]);
        failed = found->copy == NULL;
    }
    return failed;
}

pyw_names *pyw_names_create(void)
{
    pyw_names *names = PyMem_Calloc(1, sizeof(*names));
    int failed = 0;

    if (names == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && !failed; i++) {
        find_name(names, known[i], (uint32_t)strlen(known[i]), &failed);
    }
    if (failed || add_copies(names)) {
        pyw_names_destroy(names);
        return NULL;
    }
    return names;
}

void pyw_names_destroy(pyw_names *names)
{
    if (names == NULL) {
        return;
    }
    for (int i = 0; i < SLOTS; i++) {
        Py_CLEAR(names->slots[i].name);
        Py_CLEAR(names->slots[i].value);
        Py_CLEAR(names->slots[i].copy);
    }
    PyMem_Free(names);
}

/* Returns: new reference. */
static PyObject *value_of(entry *found, const pyw_pair *pair)
{
    PyObject *value, *old;

    if (found->is_path) {
        return PyUnicode_DecodeFSDefaultAndSize(pair->value, (Py_ssize_t)pair->value_length);
    }
    if (found->value != NULL && is_same_name(found->value, pair->value, pair->value_length)) {
        Py_INCREF(found->value);
        return found->value;
    }
    value = latin1(pair->value, pair->value_length);
    if (value != NULL && pair->value_length <= VALUE_MAX_CACHED) {
        old = found->value;
        Py_INCREF(value);
        found->value = value;
        Py_XDECREF(old);
    }
    return value;
}

int pyw_names_set_uncached(PyObject *environ, const pyw_pair *pair)
{
    PyObject *name = latin1(pair->name, pair->name_length);
    PyObject *value = name == NULL ? NULL : latin1(pair->value, pair->value_length);
    int rv = value == NULL ? -1 : PyDict_SetItem(environ, name, value);

    Py_XDECREF(name);
    Py_XDECREF(value);
    return rv;
}

int pyw_names_set(pyw_names *names, PyObject *environ, const pyw_pair *pair)
{
    int failed = 0, rv;
    entry *found = find_name(names, pair->name, pair->name_length, &failed);
    PyObject *value;

    if (found == NULL) {
        return failed ? -1 : pyw_names_set_uncached(environ, pair);
    }
    value = value_of(found, pair);
    if (value == NULL) {
        return -1;
    }
    rv = PyDict_SetItem(environ, found->name, value);
    if (rv == 0 && found->copy != NULL) {
        rv = PyDict_SetDefault(environ, found->copy, value) != NULL ? 0 : -1;
    }
    Py_DECREF(value);
    return rv;
}
