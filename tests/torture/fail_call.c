/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LD_PRELOAD: fails the n-th call of one function of the C library that our own objects make in processes of one role,
 * or the n-th allocation of Python. The file FAIL_CALL holds the order, which all processes of the server map;
 * torture_order.py writes it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { PARENT = 1, CHILD = 2, MANAGER = 4, WORKER = 8, TEMPLATE = 16 };

enum { CENSUS_MOST = 48 };

/* The number of calls of one function. */
typedef struct census_row {
    char function[24];
    atomic_uint count;
} census_row;

/* torture_order.py has the same layout. */
typedef struct order {
    atomic_uint roles; /* written last; 0: no call fails */
    uint32_t error;    /* errno of the failed call */
    uint32_t first;    /* number of the first call that fails; 0: calls are only counted */
    uint32_t last;
    atomic_uint count;
    atomic_uint failed;
    uint32_t pid;    /* of the process of the first failure */
    uint32_t offset; /* ... and the place in its object */
    char object[32];
    char function[32];
    uint32_t census_size; /* number of functions whose calls are counted, and none fails; 0: `function` is in use */
    census_row census[CENSUS_MOST];
} order;

static order *shared;
static char **arguments;
static pid_t first_pid;

/* glibc passes the arguments to constructors. */
__attribute__((constructor)) static void begin(int argc, char **argv)
{
    const char *path = getenv("FAIL_CALL");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd >= 0 ? mmap(NULL, sizeof(order), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (fd >= 0) {
        close(fd);
    }
    arguments = argc > 0 ? argv : NULL;
    first_pid = getpid();
    shared = map != MAP_FAILED ? map : NULL;
}

/* A template rewrites its arguments when it becomes a worker. */
static unsigned role(void)
{
    const char *option = arguments != NULL && arguments[0] != NULL ? arguments[1] : NULL;

    if (option != NULL && strcmp(option, "--worker") == 0) {
        return WORKER;
    }
    if (option != NULL && strcmp(option, "--template") == 0) {
        return TEMPLATE;
    }
    if (option != NULL && strcmp(option, "--manager") == 0) {
        return MANAGER;
    }
    return getpid() == first_pid ? PARENT : CHILD;
}

static const char *own_object(const void *caller, Dl_info *info)
{
    const char *name;

    if (dladdr(caller, info) == 0 || info->dli_fname == NULL) {
        return NULL;
    }
    name = strrchr(info->dli_fname, '/');
    name = name != NULL ? name + 1 : info->dli_fname;
    return strstr(name, "pywsgi") != NULL ? name : NULL;
}

static int is_meant(const char *function)
{
    return shared != NULL && (atomic_load(&shared->roles) & role()) != 0 &&
           (shared->census_size > 0 || strcmp(shared->function, function) == 0);
}

static void count_for_census(const char *function)
{
    for (uint32_t i = 0; i < shared->census_size; i++) {
        if (strcmp(shared->census[i].function, function) == 0) {
            atomic_fetch_add(&shared->census[i].count, 1);
        }
    }
}

static void note_failure(const void *caller, const Dl_info *info, const char *object)
{
    if (atomic_fetch_add(&shared->failed, 1) == 0) {
        shared->pid = (uint32_t)getpid();
        shared->offset = (uint32_t)((uintptr_t)caller - (uintptr_t)info->dli_fbase - 1);
        snprintf(shared->object, sizeof(shared->object), "%s", object);
    }
}

/* Counts a call that is meant, and returns whether it fails. */
static int take_turn(const char *function, const void *caller, const Dl_info *info, const char *object)
{
    unsigned number;

    if (shared->census_size > 0) {
        count_for_census(function);
        return 0;
    }
    number = atomic_fetch_add(&shared->count, 1) + 1;
    if (shared->first == 0 || number < shared->first || number > shared->last) {
        return 0;
    }
    note_failure(caller, info, object);
    errno = (int)shared->error;
    return 1;
}

static int fails(const char *function, const void *caller)
{
    Dl_info info;
    const char *object;
    int saved = errno;

    if (!is_meant(function)) {
        return 0;
    }
    object = own_object(caller, &info);
    errno = saved;
    return object != NULL && take_turn(function, caller, &info, object);
}

/* Not dlsym: it allocates. With the address sanitizer, memory belongs to its functions. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern __attribute__((weak)) void *__interceptor_malloc(size_t size);
extern __attribute__((weak)) void *__interceptor_calloc(size_t count, size_t size);
extern __attribute__((weak)) void *__interceptor_realloc(void *memory, size_t size);

#define ALLOCATOR(name) (__interceptor_##name != NULL ? __interceptor_##name : __libc_##name)

void *malloc(size_t size)
{
    return fails("malloc", __builtin_return_address(0)) ? NULL : ALLOCATOR(malloc)(size);
}

void *calloc(size_t count, size_t size)
{
    return fails("calloc", __builtin_return_address(0)) ? NULL : ALLOCATOR(calloc)(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails("realloc", __builtin_return_address(0)) ? NULL : ALLOCATOR(realloc)(memory, size);
}

/* FAILING(result, failure, name, parameters, arguments): a wrapper of the function. */
#define FAILING(result, failure, name, parameters, ...)                                                                \
    result name parameters                                                                                             \
    {                                                                                                                  \
        static result(*next) parameters;                                                                               \
                                                                                                                       \
        if (fails(#name, __builtin_return_address(0))) {                                                               \
            return failure;                                                                                            \
        }                                                                                                              \
        if (next == NULL) {                                                                                            \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                                                 \
        }                                                                                                              \
        return next(__VA_ARGS__);                                                                                      \
    }

FAILING(ssize_t, -1, read, (int fd, void *data, size_t size), fd, data, size)
FAILING(ssize_t, -1, write, (int fd, const void *data, size_t size), fd, data, size)
FAILING(ssize_t, -1, writev, (int fd, const struct iovec *parts, int count), fd, parts, count)
FAILING(ssize_t, -1, pwrite, (int fd, const void *data, size_t size, off_t at), fd, data, size, at)
FAILING(ssize_t, -1, pread, (int fd, void *data, size_t size, off_t at), fd, data, size, at)
FAILING(ssize_t, -1, send, (int fd, const void *data, size_t size, int flags), fd, data, size, flags)
FAILING(ssize_t, -1, recvmsg, (int fd, struct msghdr *message, int flags), fd, message, flags)
FAILING(ssize_t, -1, sendmsg, (int fd, const struct msghdr *message, int flags), fd, message, flags)
FAILING(int, -1, socket, (int family, int type, int protocol), family, type, protocol)
FAILING(int, -1, socketpair, (int family, int type, int protocol, int fds[2]), family, type, protocol, fds)
FAILING(int, -1, pipe2, (int fds[2], int flags), fds, flags)
FAILING(int, -1, eventfd, (unsigned count, int flags), count, flags)
FAILING(int, -1, fork, (void))
FAILING(int, -1, execv, (const char *path, char *const argv[]), path, argv)
FAILING(int, -1, memfd_create, (const char *name, unsigned flags), name, flags)
FAILING(int, -1, ftruncate, (int fd, off_t size), fd, size)
FAILING(int, -1, epoll_create1, (int flags), flags)
FAILING(int, -1, epoll_ctl, (int epoll, int action, int fd, struct epoll_event *event), epoll, action, fd, event)
FAILING(int, -1, setresuid, (uid_t real, uid_t effective, uid_t saved), real, effective, saved)
FAILING(int, -1, mkostemp, (char *name, int flags), name, flags)
FAILING(int, -1, sigaction, (int number, const struct sigaction *action, struct sigaction *old), number, action, old)
FAILING(int, -1, fstat, (int fd, struct stat *status), fd, status)
FAILING(int, -1, stat, (const char *restrict path, struct stat *restrict status), path, status)
FAILING(void *, MAP_FAILED, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset), at, size,
        protection, flags, fd, offset)
FAILING(int, EAGAIN, pthread_create,
        (pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*run)(void *),
         void *restrict data),
        thread, attributes, run, data)
FAILING(int, -1, connect, (int fd, __CONST_SOCKADDR_ARG address, socklen_t size), fd, address, size)
FAILING(int, -1, bind, (int fd, __CONST_SOCKADDR_ARG address, socklen_t size), fd, address, size)
FAILING(int, -1, accept4, (int fd, __SOCKADDR_ARG address, socklen_t *restrict size, int flags), fd, address, size,
        flags)

/* The mode is there only with O_CREAT, and a further integer argument does no harm. */
#define FAILING_OPEN(name, parameters, ...)                                                                            \
    int name parameters                                                                                                \
    {                                                                                                                  \
        static int(*next) parameters;                                                                                  \
        va_list list;                                                                                                  \
        mode_t mode;                                                                                                   \
                                                                                                                       \
        if (fails(#name, __builtin_return_address(0))) {                                                               \
            return -1;                                                                                                 \
        }                                                                                                              \
        if (next == NULL) {                                                                                            \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                                                 \
        }                                                                                                              \
        va_start(list, flags);                                                                                         \
        mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;                                                             \
        va_end(list);                                                                                                  \
        return next(__VA_ARGS__, mode);                                                                                \
    }

FAILING_OPEN(open, (const char *path, int flags, ...), path, flags)
FAILING_OPEN(openat, (int directory, const char *path, int flags, ...), directory, path, flags)

/* CPython's PyMemAllocatorEx. */
typedef struct allocator {
    void *context;
    void *(*malloc)(void *context, size_t size);
    void *(*calloc)(void *context, size_t count, size_t size);
    void *(*realloc)(void *context, void *memory, size_t size);
    void (*free)(void *context, void *memory);
} allocator;

/* One of Python's allocators, and its function whose name stands for all of them in an order. */
typedef struct domain {
    const char *function;
    allocator next;
} domain;

/* The index is Python's number of the domain. */
static domain domains[] = {{"PyMem_RawMalloc", {0}}, {"PyMem_Malloc", {0}}, {"PyObject_Malloc", {0}}};

static int allocation_fails(const domain *self)
{
    const Dl_info unknown = {0};

    return is_meant(self->function) && take_turn(self->function, NULL, &unknown, "Python");
}

static void *python_malloc(void *data, size_t size)
{
    const domain *self = data;

    return allocation_fails(self) ? NULL : self->next.malloc(self->next.context, size);
}

static void *python_calloc(void *data, size_t count, size_t size)
{
    const domain *self = data;

    return allocation_fails(self) ? NULL : self->next.calloc(self->next.context, count, size);
}

static void *python_realloc(void *data, void *memory, size_t size)
{
    const domain *self = data;

    return allocation_fails(self) ? NULL : self->next.realloc(self->next.context, memory, size);
}

static void python_free(void *data, void *memory)
{
    const domain *self = data;

    self->next.free(self->next.context, memory);
}

typedef void access_allocator(int domain, allocator *allocator);

/* torture.wsgi calls it with PyMem_GetAllocator and PyMem_SetAllocator, while it holds the GIL. */
void fail_call_wrap_python(access_allocator *get, access_allocator *set)
{
    for (int i = 0; i < 3 && domains[i].next.malloc == NULL; i++) {
        allocator own = {&domains[i], python_malloc, python_calloc, python_realloc, python_free};

        get(i, &domains[i].next);
        set(i, &own);
    }
}
