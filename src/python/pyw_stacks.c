/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pyw_python.h"

#include "python/pyw_stacks.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * 3.11 and 3.12 export the function that does the work. The others keep it to themselves; there it is reached through
 * the signal handler that faulthandler.register() installs, one signal for each interpreter, raised by the
 * watchdog's thread itself.
 */
typedef const char *dump_fn(int fd, PyInterpreterState *interpreter, PyThreadState *current);

#define INTERPRETERS_MAX 16

/* Of a stack that is formatted: the calls around those are left out. */
#define FRAMES_MAX 64

/* Of all stacks together. */
#define DUMP_MAX (256 * 1024)

static struct {
    _Atomic(dump_fn *) dump;
    PyInterpreterState *interpreters[INTERPRETERS_MAX]; /* they live as long as the process serves */
    atomic_int count;
} prepared;

/* The very last one is valgrind's, where that runs. */
static int signal_of(int index)
{
    return SIGRTMAX - 1 - index;
}

static int register_signal(int index)
{
    PyObject *module = PyImport_ImportModule("faulthandler");
    PyObject *result = NULL;

    if (module != NULL) {
        /* (signum, file, all_threads, chain) */
        result = PyObject_CallMethod(module, "register", "iiOO", signal_of(index), STDERR_FILENO, Py_True, Py_False);
    }
    Py_XDECREF(result);
    Py_XDECREF(module);
    return result != NULL ? 0 : -1;
}

int pyw_stacks_prepare(void)
{
    int index = atomic_load(&prepared.count);
    dump_fn *dump = NULL;

    if (index >= INTERPRETERS_MAX) {
        return 0;
    }
    *(void **)(void *)&dump = dlsym(RTLD_DEFAULT, "_Py_DumpTracebackThreads");
    atomic_store(&prepared.dump, dump);
    if (dump == NULL && register_signal(index) < 0) {
        return -1;
    }
    prepared.interpreters[index] = PyThreadState_GetInterpreter(PyThreadState_Get());
    atomic_store(&prepared.count, index + 1);
    return 0;
}

/* The handler writes to descriptor 2: that is where `fd` has to be for the moment. */
static void raise_signals(int fd, int count)
{
    sigset_t wanted, before;
    int saved = -1;

    if (fd != STDERR_FILENO) {
        saved = dup(STDERR_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    sigemptyset(&wanted);
    for (int i = 0; i < count; i++) {
        sigaddset(&wanted, signal_of(i));
    }
    pthread_sigmask(SIG_UNBLOCK, &wanted, &before);
    for (int i = 0; i < count; i++) {
        pthread_kill(pthread_self(), signal_of(i));
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (saved >= 0) {
        dup2(saved, STDERR_FILENO);
        close(saved);
    }
}

void pyw_stacks_dump(int fd)
{
    int count = atomic_load(&prepared.count);
    dump_fn *dump = atomic_load(&prepared.dump);

    if (dump == NULL) {
        raise_signals(fd, count);
        return;
    }
    for (int i = 0; i < count; i++) {
        dump(fd, prepared.interpreters[i], NULL);
    }
}

void pyw_stacks_take(pyw_buffer *out)
{
    int fd = memfd_create("pywsgi-stacks", MFD_CLOEXEC);
    char *room = pyw_buffer_reserve(out, DUMP_MAX);
    ssize_t got;

    if (fd < 0) {
        return;
    }
    if (room != NULL) {
        pyw_stacks_dump(fd);
        got = pread(fd, room, DUMP_MAX, 0);
        out->length += got > 0 ? (size_t)got : 0;
    }
    close(fd);
}

/* Borrowed from the object. */
static const char *text_of(PyObject *object)
{
    const char *text = PyUnicode_AsUTF8(object);

    PyErr_Clear();
    return text != NULL ? text : "?";
}

static void format_frame(pyw_buffer *out, PyFrameObject *frame)
{
    PyCodeObject *code = PyFrame_GetCode(frame);
    char line[1024];
    int length = PyOS_snprintf(line, sizeof(line), "  File \"%.600s\", line %d, in %.200s\n",
                               text_of(code->co_filename), PyFrame_GetLineNumber(frame), text_of(code->co_name));

    if (length > 0 && length < (int)sizeof(line)) {
        pyw_buffer_append(out, line, (size_t)length);
    }
    Py_DECREF(code);
}

void pyw_stacks_format(pyw_buffer *out, PyThreadState *thread)
{
    PyFrameObject *frames[FRAMES_MAX];
    PyFrameObject *frame = PyThreadState_GetFrame(thread);
    int count = 0;

    while (frame != NULL && count < FRAMES_MAX) {
        frames[count++] = frame;
        frame = PyFrame_GetBack(frame);
    }
    if (frame != NULL) {
        pyw_buffer_append(out, "  ...\n", 6);
        Py_DECREF(frame);
    }
    while (count > 0) {
        format_frame(out, frames[--count]);
        Py_DECREF(frames[count]);
    }
}
