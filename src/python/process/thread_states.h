/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_PYTHON_PROCESS_THREAD_STATES_H
#define PYW_PYTHON_PROCESS_THREAD_STATES_H

/*
 * The thread states of the host's threads, by the index of the interpreter (0: the main interpreter). Each thread
 * creates and uses its own states.
 */

#include "python/python.h"

/* The calling thread's state, NULL if it has none in that interpreter. No GIL needed. */
PyThreadState *pyw_thread_states_get(int index);

/* Creates a state. No GIL needed. NULL: out of memory. The state for index 0 must be created first. */
PyThreadState *pyw_thread_states_add(int index, PyInterpreterState *interpreter);

/* Adopts the state that Python created for the calling thread when it started. -1: out of memory. */
int pyw_thread_states_adopt(int index, PyThreadState *state);

/*
 * Deletes the calling thread's states. Calls before_end() in each interpreter, with the GIL. The caller does not hold
 * the GIL.
 */
void pyw_thread_states_end(void (*before_end)(void));

/* Deletes the states of other threads in the interpreter of that index. With the GIL, in that interpreter. */
void pyw_thread_states_delete_others(int index);

/* Removes the calling thread's state of that index, which Python has deleted. */
void pyw_thread_states_forget(int index);

/* Does the calling thread belong to the host, and has it entered Python? No GIL needed. */
int pyw_thread_states_are_ours(void);

/* For a forked process, in which no thread holds the lock. */
void pyw_thread_states_renew_lock(void);

#endif
