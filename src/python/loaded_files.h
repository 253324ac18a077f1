/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_LOADED_FILES_H
#define PYW_PYTHON_LOADED_FILES_H

/*
 * The files from which the interpreters of the process have loaded their modules. Any thread that Python did not create
 * and that runs no code of applications.
 */

/*
 * Calls `visit` with the __file__ of each module, and with each entry of sys.path (`is_search_path` is 1), of all
 * interpreters. A path may occur more than once, may be relative, and need not exist. `visit` is called with the GIL
 * held: it must be quick, and must not use Python.
 */
void pyw_loaded_files_each(void (*visit)(void *baton, const char *path, int is_search_path), void *baton);

#endif
