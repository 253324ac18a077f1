/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll */
#endif
#include "httpd/pyw_recall.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Thread_local struct {
    int32_t id; /* 0: it cannot be told yet */
    sigset_t mask_while_waiting;
} self;

static void do_nothing(int signal)
{
    (void)signal;
}

void pyw_recall_child_init(void)
{
    struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGURG, &action, NULL);
}

int32_t pyw_recall_thread(void)
{
    if (self.id == 0) {
        sigset_t recall;

        sigemptyset(&recall);
        sigaddset(&recall, SIGURG);
        pthread_sigmask(SIG_BLOCK, &recall, &self.mask_while_waiting);
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
