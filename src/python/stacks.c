/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include "python/stacks.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * 3.11 and 3.12 export the function that dumps the stacks. In other versions it is reachable only through the signal
 * handler of faulthandler.register(). Each interpreter registers one signal, and the thread that wants the dump raises
 * it. The handler writes to a descriptor that is fixed at registration. This is a private descriptor; during a dump,
 * the descriptor of the dump is duplicated over it. No other descriptor of the process ever changes.
 *
 * The handler shows the interpreter of the thread's own state, which CPython keeps under a key of
 * pthread_setspecific(3). For each interpreter, the thread therefore gets a state of that interpreter while it raises
 * the signal.
 */
typedef const char *dump_fn(int fd, PyInterpreterState *interpreter, PyThreadState *current);

#define INTERPRETERS_MAX 16

/* The maximum number of frames of a formatted stack. Outer frames are omitted. */
#define FRAMES_MAX 64

/* The maximum size of all stacks together. */
#define DUMP_MAX ((size_t)256 * 1024)

/* How long a thread waits for the dump of another thread. Then it continues, because the other thread may have died. */
#define TURN_MS 1000

/* The descriptor that the handler writes to. Between dumps both descriptors refer to a private empty file. */
static struct {
    int fd;
    int idle;
    dev_t device;
    ino_t inode;
    atomic_int is_taken;
} private_file = {.fd = -1, .idle = -1};

static struct {
    _Atomic(dump_fn *) dump;
    pthread_key_t state_key;
    int has_state_key;
    PyInterpreterState *interpreters[INTERPRETERS_MAX]; /* they exist as long as the process serves requests */
    atomic_int count;
} prepared;

/* SIGRTMAX itself belongs to valgrind. */
static int signal_of(int index)
{
    return SIGRTMAX - 1 - index;
}

/* -1 with an exception set. */
static int open_private_file(void)
{
    int fd = memfd_create("pywsgi-stacks", MFD_CLOEXEC);
    struct stat file;

    if (fd < 0 || fstat(fd, &file) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    private_file.device = file.st_dev;
    private_file.inode = file.st_ino;
    private_file.fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    private_file.idle = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    if (private_file.fd < 0 || private_file.idle < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

/* The caller holds the GIL, and so has a state. */
static void find_state_key(void)
{
    const PyThreadState *own = PyGILState_GetThisThreadState();

    for (pthread_key_t key = 0; own != NULL && !prepared.has_state_key && key < PTHREAD_KEYS_MAX; key++) {
        prepared.has_state_key = pthread_getspecific(key) == own;
        prepared.state_key = key;
    }
}

static int register_signal(int index)
{
    PyObject *module, *result = NULL;

    if (private_file.idle < 0 && open_private_file() < 0) {
        return -1;
    }
    module = PyImport_ImportModule("faulthandler");
    if (module != NULL) {
        /* (signum, file, all_threads, chain) */
        result = PyObject_CallMethod(module, "register", "iiOO", signal_of(index), private_file.fd, Py_True, Py_False);
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
    if (dump == NULL) {
        find_state_key();
        if (register_signal(index) < 0) {
            return -1;
        }
    }
    prepared.interpreters[index] = PyThreadState_GetInterpreter(PyThreadState_Get());
    atomic_store(&prepared.count, index + 1);
    return 0;
}

/* An application may close all descriptors, and open others with the same numbers. */
static int is_private(int fd)
{
    struct stat file;

    return fstat(fd, &file) == 0 && file.st_dev == private_file.device && file.st_ino == private_file.inode;
}

static void close_private(int *fd)
{
    if (is_private(*fd)) {
        close(*fd);
    }
    *fd = -1;
}

void pyw_stacks_forget(void)
{
    close_private(&private_file.fd);
    close_private(&private_file.idle);
}

/* Also runs in the handler of a fatal signal, so it takes no lock. 0: another thread is still dumping. */
static int take_stacks_turn(void)
{
    const struct timespec moment = {0, 1000000};

    for (int i = 0; i < TURN_MS; i++) {
        int nobody = 0;

        if (atomic_compare_exchange_strong(&private_file.is_taken, &nobody, 1)) {
            return 1;
        }
        nanosleep(&moment, NULL);
    }
    return 0;
}

/* The thread states are read without the GIL, as the handler reads them. */
static void raise_signal(int index)
{
    void *own = prepared.has_state_key ? pthread_getspecific(prepared.state_key) : NULL;
    PyThreadState *other = PyInterpreterState_ThreadHead(prepared.interpreters[index]);

    if (prepared.has_state_key && other != NULL) {
        pthread_setspecific(prepared.state_key, other);
    }
    pthread_kill(pthread_self(), signal_of(index));
    if (prepared.has_state_key) {
        pthread_setspecific(prepared.state_key, own);
    }
}

static void raise_signals(int count)
{
    sigset_t wanted, before;

    sigemptyset(&wanted);
    for (int i = 0; i < count; i++) {
        sigaddset(&wanted, signal_of(i));
    }
    pthread_sigmask(SIG_UNBLOCK, &wanted, &before);
    for (int i = 0; i < count; i++) {
        raise_signal(i);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void dump_by_signals(int fd, int count)
{
    static const char closed[] = "no stacks: the application has closed descriptors that are not its own\n";
    int is_turn = take_stacks_turn();

    if (!is_private(private_file.idle) || (is_turn && !is_private(private_file.fd))) {
        ssize_t unused = write(fd, closed, sizeof(closed) - 1);

        (void)unused;
    }
    else if (dup3(fd, private_file.fd, O_CLOEXEC) >= 0) {
        raise_signals(count);
        dup3(private_file.idle, private_file.fd, O_CLOEXEC);
    }
    if (is_turn) {
        atomic_store(&private_file.is_taken, 0);
    }
}

void pyw_stacks_dump(int fd)
{
    int count = atomic_load(&prepared.count);
    dump_fn *dump = atomic_load(&prepared.dump);

    if (dump == NULL) {
        dump_by_signals(fd, count);
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

/* Returns: borrowed from the object. */
static const char *utf8_of(PyObject *object)
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
                               utf8_of(code->co_filename), PyFrame_GetLineNumber(frame), utf8_of(code->co_name));

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
