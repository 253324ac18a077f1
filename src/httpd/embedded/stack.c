/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2, memrchr */
#endif
#include "httpd/embedded/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/os/thread.h"
#include "httpd/child_context.h"
#include "httpd/embedded/embedded.h"

typedef struct sampler {
    const pyw_engine *engine;
    uint64_t thread;
    pyw_buffer calls; /* a line for each, the innermost first */
    int fd;
} sampler;

/* With the GIL. Folded text begins with the outermost call. */
static void copy_calls(void *baton, unsigned long thread, const char *stack, size_t length)
{
    sampler *self = baton;

    while (thread == self->thread && length > 0) {
        const char *delimiter = memrchr(stack, ';', length);
        const char *call = delimiter ? delimiter + 1 : stack;
        size_t before = (size_t)(call - stack);

        pyw_buffer_append(&self->calls, "  ", 2);
        pyw_buffer_append(&self->calls, call, length - before);
        pyw_buffer_append(&self->calls, "\n", 1);
        length = delimiter ? before - 1 : 0;
    }
}

/* The pipe takes the calls, or loses a part of them: this thread does not wait for the reader. */
static void write_calls(sampler *self)
{
    dprintf(self->fd, "Thread 0x%016" PRIx64 " (most recent call first):\n", self->thread);
    if (!self->calls.failed && self->calls.length > 0) {
        (void)!write(self->fd, self->calls.data, self->calls.length);
    }
}

static void finish(sampler *self)
{
    close(self->fd);
    pyw_buffer_free(&self->calls);
    free(self);
    atomic_store(&pyw_httpd_child.is_sampling, 0);
    pyw_embedded_leave();
}

/* The reader may have left; the signal SIGPIPE is blocked in this thread. */
static void *sample(void *data)
{
    sampler *self = data;

    self->engine->sample_stacks(copy_calls, self);
    self->engine->thread_end();
    write_calls(self);
    finish(self);
    return NULL;
}

/* Owns `fd`. 0: errno is set. */
static int start_stacks(const pyw_engine *engine, uint64_t thread, int fd)
{
    sampler *self = calloc(1, sizeof(*self));
    pthread_t id;
    int error = ENOMEM;

    if (self) {
        *self = (sampler){engine, thread, {0}, fd};
        error = pyw_thread_start(&id, sample, self);
    }
    if (error) {
        close(fd);
        free(self);
        errno = error;
        return 0;
    }
    pthread_detach(id);
    return 1;
}

int pyw_embedded_stack_open(uint64_t thread)
{
    const pyw_engine *engine = pyw_embedded_enter();
    int ends[2];

    if (!engine) {
        errno = ESRCH;
        return -1;
    }
    if (atomic_exchange(&pyw_httpd_child.is_sampling, 1)) {
        pyw_embedded_leave();
        errno = EBUSY;
        return -1;
    }
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
        if (start_stacks(engine, thread, ends[1])) {
            return ends[0];
        }
        close(ends[0]);
    }
    atomic_store(&pyw_httpd_child.is_sampling, 0);
    pyw_embedded_leave();
    return -1;
}
