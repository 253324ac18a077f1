/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PYTHON_H
#define PYW_PYTHON_PYTHON_H

/*
 * The only file that includes CPython's headers, and the only file that handles the differences of versions 3.9 to
 * 3.14. Include it before all system headers.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <frameobject.h>
#include <structmember.h>

#if PY_VERSION_HEX < 0x03090000
#error "mod_pywsgi needs CPython 3.9 or later"
#endif

#ifdef Py_GIL_DISABLED
#error "mod_pywsgi does not support free-threaded builds of CPython yet: the GIL guards what its threads share"
#endif

/* structmember.h is deprecated since 3.12; its names may disappear. */
#ifndef T_OBJECT
#define T_OBJECT _Py_T_OBJECT
#endif
#ifndef T_PYSSIZET
#define T_PYSSIZET Py_T_PYSSIZET
#endif
#ifndef READONLY
#define READONLY Py_READONLY
#endif

/* The displayed name of a function, with its class if Python knows it. Borrowed. */
#if PY_VERSION_HEX >= 0x030b0000
#define PYW_CODE_NAME(code) ((code)->co_qualname)
#else
#define PYW_CODE_NAME(code) ((code)->co_name)
#endif

/*
 * Prevents a garbage collection in the current interpreter while frame objects are created, with the GIL. Before 3.11
 * every call has a frame object already. Returns the argument of pyw_gc_resume().
 */
static inline int pyw_gc_pause(void)
{
#if PY_VERSION_HEX >= 0x030b0000
    return PyGC_Disable();
#else
    return 0;
#endif
}

static inline void pyw_gc_resume(int collects)
{
#if PY_VERSION_HEX >= 0x030b0000
    if (collects) {
        PyGC_Enable();
    }
#else
    (void)collects;
#endif
}

/* Whether the child of a fork cannot delete interpreters: since 3.13 os.fork() holds the lock of their list. */
#define PYW_FORK_KEEPS_INTERPRETERS (PY_VERSION_HEX >= 0x030d0000)

#define PYW_QUOTE_(x) #x
#define PYW_QUOTE(x) PYW_QUOTE_(x)

/* "3.11", as in file names and python-home. */
#define PYW_PYTHON_SERIES PYW_QUOTE(PY_MAJOR_VERSION) "." PYW_QUOTE(PY_MINOR_VERSION)

#endif
