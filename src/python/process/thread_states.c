/* SPDX-License-Identifier: Apache-2.0 */
#include "python/process/thread_states.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

typedef struct thread_states {
    LIST_ENTRY(thread_states) next;
    PyThreadState **states;
    int size;
} thread_states;

/* The states of all threads. The lock is held briefly, and never while waiting for the GIL. */
static struct {
    pthread_mutex_t lock;
    LIST_HEAD(thread_state_list, thread_states) threads;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static __thread thread_states *mine;

static thread_states *enlist(void)
{
    thread_states *thread = calloc(1, sizeof(*thread));

    if (thread == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&all.lock);
    LIST_INSERT_HEAD(&all.threads, thread, next);
    pthread_mutex_unlock(&all.lock);
    return thread;
}

static void delist(thread_states *thread)
{
    pthread_mutex_lock(&all.lock);
    LIST_REMOVE(thread, next);
    pthread_mutex_unlock(&all.lock);
    free(thread->states);
    free(thread);
}

/* Makes room for `index` in a list that stop() may read concurrently. -1: out of memory. */
static int reserve(int index)
{
    int size = index + 4;
    PyThreadState **states;

    if (mine == NULL && (mine = enlist()) == NULL) {
        return -1;
    }
    if (index < mine->size) {
        return 0;
    }
    pthread_mutex_lock(&all.lock);
    states = realloc(mine->states, (size_t)size * sizeof(PyThreadState *));
    if (states != NULL) {
        memset(states + mine->size, 0, (size_t)(size - mine->size) * sizeof(PyThreadState *));
        mine->states = states;
        mine->size = size;
    }
    pthread_mutex_unlock(&all.lock);
    return states != NULL ? 0 : -1;
}

PyThreadState *pyw_thread_states_get(int index)
{
    return mine != NULL && index < mine->size ? mine->states[index] : NULL;
}

PyThreadState *pyw_thread_states_add(int index, PyInterpreterState *interpreter)
{
    if (reserve(index) < 0) {
        return NULL;
    }
    mine->states[index] = PyThreadState_New(interpreter);
    return mine->states[index];
}

int pyw_thread_states_adopt(int index, PyThreadState *state)
{
    if (reserve(index) < 0) {
        return -1;
    }
    mine->states[index] = state;
    return 0;
}

/* The main interpreter's state is deleted last: see pyw_thread_states_add. */
void pyw_thread_states_end(void (*before_end)(void))
{
    for (int i = mine != NULL ? mine->size - 1 : -1; i >= 0; i--) {
        if (mine->states[i] != NULL) {
            PyEval_RestoreThread(mine->states[i]);
            before_end();
            PyThreadState_Clear(mine->states[i]);
            mine->states[i] = NULL;
            PyThreadState_DeleteCurrent();
        }
    }
    if (mine != NULL) {
        delist(mine);
        mine = NULL;
    }
}

/* Removes a state from the lists. NULL: no state is left. */
static PyThreadState *take_other(int index)
{
    PyThreadState *state = NULL;
    thread_states *thread;

    pthread_mutex_lock(&all.lock);
    LIST_FOREACH (thread, &all.threads, next) {
        if (state == NULL && thread != mine && index < thread->size) {
            state = thread->states[index];
            thread->states[index] = NULL;
        }
    }
    pthread_mutex_unlock(&all.lock);
    return state;
}

void pyw_thread_states_delete_others(int index)
{
    PyThreadState *state;

    /* PyThreadState_Clear runs code of thread-local objects, so do not hold the lock. */
    while ((state = take_other(index)) != NULL) {
        PyThreadState_Clear(state);
        PyThreadState_Delete(state);
    }
}

int pyw_thread_states_are_ours(void)
{
    return mine != NULL;
}

void pyw_thread_states_renew_lock(void)
{
    static const pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    all.lock = lock;
}

void pyw_thread_states_forget(int index)
{
    if (mine != NULL && index < mine->size) {
        mine->states[index] = NULL;
    }
}
