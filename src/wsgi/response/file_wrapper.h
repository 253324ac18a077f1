/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_FILE_WRAPPER_H
#define PYW_WSGI_RESPONSE_FILE_WRAPPER_H

/*
 * wsgi.file_wrapper (PEP 3333, "Optional Platform-Specific File Handling"): an iterable over the blocks of a file-like
 * object. The adapter sends regular files by descriptor. The caller holds the GIL.
 */

#include "python/python.h"

#include <stdint.h>
#include <sys/types.h>

/* Returns: new reference to a heap type of this interpreter; NULL with an exception set. */
PyTypeObject *pyw_file_wrapper_type(void);

/*
 * 1: the wrapper (an exact instance of the type) has a regular file, and its remaining bytes are [*offset, *offset +
 * *length) of *fd, which the file owns. 0: read it in blocks. No exception is set.
 */
int pyw_file_wrapper_file(PyObject *wrapper, int *fd, off_t *offset, uint64_t *length);

#endif
