/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll */
#endif
#include "httpd/pyw_recall.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Thread_local struct {
    int32_t id; /* 0: it cannot be told yet */
    int is_blocked_here;
    sigset_t mask_while_waiting;
} self;

static void do_nothing(int signal)
{
    (void)signal;
}

/* What the thread starts shall not inherit what was blocked here. */
static void unblock_in_child(void)
{
    sigset_t recall;

    if (self.is_blocked_here) {
        sigemptyset(&recall);
        sigaddset(&recall, SIGURG);
        pthread_sigmask(SIG_UNBLOCK, &recall, NULL);
    }
}

void pyw_recall_child_init(void)
{
    struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGURG, &action, NULL);
    pthread_atfork(NULL, NULL, unblock_in_child);
}

int32_t pyw_recall_thread(void)
{
    if (self.id == 0) {
        sigset_t recall;

        sigemptyset(&recall);
        sigaddset(&recall, SIGURG);
        pthread_sigmask(SIG_BLOCK, &recall, &self.mask_while_waiting);
        self.is_blocked_here = !sigismember(&self.mask_while_waiting, SIGURG);
        sigdelset(&self.mask_while_waiting, SIGURG);
        self.id = (int32_t)syscall(SYS_gettid);
    }
    return self.id;
}

int pyw_recall_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

    pyw_recall_thread();
    return ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, &self.mask_while_waiting);
}

int pyw_recall_send(int32_t process, int32_t thread)
{
    return syscall(SYS_tgkill, process, thread, SIGURG) == 0;
}
