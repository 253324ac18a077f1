/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "worker/watch/crash_traceback.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Room for the frames of a traceback and for the registers that the kernel saves, including AVX-512. */
enum { STACK_SIZE = 64 * 1024, OTHERS_MS = 1000 };

static const struct {
    int number;
    const char *name;
} fatal[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGABRT, "SIGABRT"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}};

enum { FATAL = sizeof(fatal) / sizeof(fatal[0]) };

static struct {
    const pyw_engine *engine;
    pyw_board *board;
    int fd;
    off_t offset;
    dev_t device; /* identifies fd: an application may close all descriptors, and open others */
    ino_t inode;
    pid_t pid;
    atomic_int dying; /* the first thread with a fatal signal; 0: none */
    struct sigaction before[FATAL];
} crash;

/* Written by its thread before a signal handler can read it. */
static __thread int slot_of_thread = PYW_CRASH_NO_SLOT;
static __thread void *stack_of_thread;

static void put(char **at, const char *text)
{
    while (*text != '\0') {
        *(*at)++ = *text++;
    }
}

static void put_number(char **at, uintptr_t value, unsigned base, int width)
{
    char digits[2 + 3 * sizeof(value)];
    int count = 0;

    for (; value > 0 || count < width; value /= base) {
        digits[count++] = "0123456789abcdef"[value % base];
    }
    while (count > 0) {
        *(*at)++ = digits[--count];
    }
}

/* Did the thread cause the signal itself (abort, a fault), or did a process send it by kill(2)? */
static int is_own(const siginfo_t *info)
{
    return info->si_code > 0 || (info->si_code == SI_TKILL && info->si_pid == getpid());
}

/*
 * "SIGSEGV at address 0x10, in thread 0x00007f...:", with the thread in the format of the dump. snprintf(3) is not
 * async-signal-safe.
 */
static size_t describe_signal(char *out, const char *name, const siginfo_t *info)
{
    char *at = out;

    put(&at, name);
    if (info->si_code > 0 && info->si_signo != SIGABRT) {
        put(&at, " at address 0x");
        put_number(&at, (uintptr_t)info->si_addr, 16, 1);
    }
    else if (!is_own(info)) {
        put(&at, " sent by pid ");
        put_number(&at, (uintptr_t)info->si_pid, 10, 1);
    }
    put(&at, ", in thread 0x");
    put_number(&at, (uintptr_t)pthread_self(), 16, 2 * sizeof(void *));
    put(&at, "\n");
    return (size_t)(at - out);
}

static int is_board_open(void)
{
    struct stat now;

    return fstat(crash.fd, &now) == 0 && now.st_dev == crash.device && now.st_ino == crash.inode;
}

static void write_stacks(const char *name, const siginfo_t *info)
{
    char line[160];
    size_t length = describe_signal(line, name, info);

    if (is_own(info)) {
        crash.board->dying = (uint32_t)(slot_of_thread + 1);
    }
    if (is_board_open() && lseek(crash.fd, crash.offset, SEEK_SET) == crash.offset &&
        write(crash.fd, line, length) == (ssize_t)length) {
        crash.engine->dump_stacks(crash.fd);
    }
}

/*
 * A second signal in the same thread is a fault of the dump itself. A signal in another thread waits until the first
 * thread has ended the process.
 */
static int is_first(void)
{
    const struct timespec pause = {OTHERS_MS / 1000, OTHERS_MS % 1000 * 1000000L};
    int self = (int)syscall(SYS_gettid);
    int none = 0;

    if (atomic_compare_exchange_strong(&crash.dying, &none, self)) {
        return 1;
    }
    if (none != self) {
        nanosleep(&pause, NULL);
    }
    return 0;
}

/*
 * The raised signal is delivered when the handler returns. A fault repeats by itself, so the core file shows its place.
 */
static void on_fatal_signal(int number, siginfo_t *info, void *context)
{
    const struct sigaction by_default = {.sa_handler = SIG_DFL};
    int error = errno;
    int index = 0;

    (void)context;
    while (index < FATAL - 1 && fatal[index].number != number) {
        index++;
    }
    if (getpid() != crash.pid) {
        sigaction(number, &crash.before[index], NULL);
    }
    else if (is_first()) {
        write_stacks(fatal[index].name, info);
        sigaction(number, &crash.before[index], NULL);
    }
    else {
        sigaction(number, &by_default, NULL);
    }
    errno = error;
    raise(number);
}

void pyw_crash_prepare(const pyw_engine *engine, pyw_board *board, int fd, off_t offset)
{
    struct sigaction action = {.sa_sigaction = on_fatal_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct stat memory;

    if (board == NULL || fd < 0 || fstat(fd, &memory) != 0) {
        return;
    }
    crash.engine = engine;
    crash.board = board;
    crash.fd = fd;
    crash.offset = offset;
    crash.device = memory.st_dev;
    crash.inode = memory.st_ino;
    crash.pid = getpid();
    sigemptyset(&action.sa_mask);
    atomic_store(&crash.dying, 0);
    for (int i = 0; i < FATAL; i++) {
        struct sigaction before;

        sigaction(fatal[i].number, &action, &before);
        if (before.sa_sigaction != on_fatal_signal) { /* otherwise the handler was inherited from a template */
            crash.before[i] = before;
        }
    }
}

void pyw_crash_enter(int slot)
{
    stack_t stack = {.ss_size = STACK_SIZE};
    void *memory;

    slot_of_thread = slot;
    if (stack_of_thread != NULL) {
        return; /* inherited from the template */
    }
    memory = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    stack.ss_sp = memory;
    if (memory == MAP_FAILED) {
        return;
    }
    if (sigaltstack(&stack, NULL) == 0) {
        stack_of_thread = memory;
    }
    else {
        munmap(memory, STACK_SIZE);
    }
}

void pyw_crash_leave(void)
{
    const stack_t none = {.ss_flags = SS_DISABLE};

    slot_of_thread = PYW_CRASH_NO_SLOT;
    if (stack_of_thread != NULL && sigaltstack(&none, NULL) == 0) {
        munmap(stack_of_thread, STACK_SIZE);
        stack_of_thread = NULL;
    }
}
