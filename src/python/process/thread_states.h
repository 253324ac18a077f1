/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_THREAD_STATES_H
#define PYW_PYTHON_PROCESS_THREAD_STATES_H

/*
 * The thread states of the host's threads, by the index of the interpreter (0: the main one). Each is made and used by
 * its own thread.
 */

#include "python/python.h"

/* The calling thread's state, NULL if it has none in that interpreter. No GIL needed. */
PyThreadState *pyw_thread_states_get(int index);

/* Makes one. No GIL needed. NULL: no memory. The state for index 0 has to be made first. */
PyThreadState *pyw_thread_states_add(int index, PyInterpreterState *interpreter);

/* Takes the state that Python made for the calling thread when it started. -1: no memory. */
int pyw_thread_states_adopt(int index, PyThreadState *state);

/* Without the GIL: deletes the calling thread's states; before_end() is called with the GIL, in each. */
void pyw_thread_states_end(void (*before_end)(void));

/* With the GIL, in the interpreter of that index: deletes the states that other threads left in it. */
void pyw_thread_states_delete_others(int index);

/* The calling thread's state of that index was deleted by Python. */
void pyw_thread_states_forget(int index);

/* Is the calling thread one of the host's that has entered Python? No GIL needed. */
int pyw_thread_states_are_ours(void);

/* In a forked process: nobody holds the lock. */
void pyw_thread_states_renew_lock(void);

#endif
