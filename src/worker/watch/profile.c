/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include "worker/watch/profile.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/folded_stacks.h"
#include "base/os/thread.h"
#include "wire/wait.h"
#include "worker/watch/crash_traceback.h"
#include "worker/watch/dumped_stacks.h"

enum {
    HELD_US = 20 * 1000,    /* a longer wait for the GIL is shown: Python itself releases it every 5 ms on request */
    SHARE = 40,             /* a sample may hold the GIL for one 40th of the time */
    READER_CHECK_MS = 200,  /* interval of the checks whether the reader has left */
    END_MS = 300,           /* how long to wait for the last sample */
    WRITE_MS = 5000,        /* how long the reader may take */
    BATCH_KEEP = 256 * 1024 /* bytes of memory kept for the next sample */
};

struct pyw_profile {
    const pyw_engine *engine;
    int fd;
    int64_t interval; /* us, as all times here */
    int64_t end_at;
    pthread_t thread;
    pthread_t sampler;
    atomic_int is_over;

    pthread_mutex_t lock; /* never held while waiting for the GIL */
    pthread_cond_t changed;
    /* Guarded by the lock. */
    int is_ending;
    int is_sampled;   /* the sampler takes no more samples */
    int64_t asked_at; /* since when the sampler waits for the GIL; 0: it does not */
    uint64_t ticks;
    pyw_folded_stacks *stacks;

    /* The sampler's own. */
    int64_t due;      /* of the next sample, in the rhythm of the profile ... */
    int64_t earliest; /* ... and when it may be taken */
    int64_t got_at;   /* when the sampler got the GIL; 0: no thread runs Python */
    pyw_buffer batch; /* of one sample: the length of a stack, and its text */
};

/* Waits until the time, or the end of the profile. 0: the profile ends. The caller holds the lock. */
static int wait_until(pyw_profile *profile, int64_t time)
{
    struct timespec end = {time / 1000000, time % 1000000 * 1000};
    int error = 0;

    while (!profile->is_ending && error == 0 && pyw_clock_us() < time) {
        error = pthread_cond_timedwait(&profile->changed, &profile->lock, &end);
    }
    return !profile->is_ending;
}

/* With the GIL: only copies. */
static void copy_stack(void *baton, unsigned long thread, const char *stack, size_t length)
{
    pyw_profile *profile = baton;

    (void)thread;
    if (profile->got_at == 0) {
        profile->got_at = pyw_clock_us();
    }
    pyw_buffer_append_u32(&profile->batch, (uint32_t)length);
    pyw_buffer_append(&profile->batch, stack, length);
}

/* Adds the stack for each tick at which another thread held the GIL. The caller holds the lock. */
static void add_held(pyw_profile *profile, const char *stack, size_t length, uint64_t ticks)
{
    static const char held[] = ";" PYW_FOLDED_GIL_HELD;
    pyw_buffer text = {0};

    pyw_buffer_append(&text, stack, length);
    pyw_buffer_append(&text, length > 0 ? held : held + 1, sizeof(held) - 1 - (length == 0));
    if (!text.failed) {
        pyw_folded_add(profile->stacks, text.data, text.length, ticks);
    }
    pyw_buffer_free(&text);
}

/* The caller holds the lock. */
static void add_batch(pyw_profile *profile, uint64_t ticks, uint64_t held)
{
    uint32_t length;

    profile->ticks += ticks + held;
    for (size_t at = 0; at + sizeof(length) <= profile->batch.length; at += sizeof(length) + length) {
        const unsigned char *bytes = (const unsigned char *)profile->batch.data + at;
        const char *stack = profile->batch.data + at + sizeof(length);

        length = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
        pyw_folded_add(profile->stacks, stack, length, ticks);
        if (held > 0) {
            add_held(profile, stack, length, held);
        }
    }
}

/*
 * A sample counts for all ticks that have passed since it was due. If the sampler waited long for the GIL, the ticks of
 * that wait are marked. The caller holds the lock.
 */
static void count_sample(pyw_profile *profile, int64_t asked, int64_t got)
{
    uint64_t ticks = 1 + (uint64_t)((asked - profile->due) / profile->interval);
    uint64_t waited = (uint64_t)((got - asked) / profile->interval);
    uint64_t held = got - asked >= HELD_US ? waited : 0;

    add_batch(profile, ticks + waited - held, held);
    profile->due += (int64_t)(ticks + waited) * profile->interval;
}

/* The caller holds the lock, which is released while the sampler waits for the GIL. */
static void take_sample(pyw_profile *profile)
{
    int64_t asked = pyw_clock_us(), end;

    profile->asked_at = asked;
    pthread_mutex_unlock(&profile->lock);
    pyw_buffer_reset(&profile->batch, BATCH_KEEP);
    profile->got_at = 0;
    profile->engine->sample_stacks(copy_stack, profile);
    end = pyw_clock_us();
    pthread_mutex_lock(&profile->lock);
    profile->asked_at = 0;
    if (profile->got_at == 0) {
        profile->got_at = end;
    }
    if (!profile->is_sampled) {
        count_sample(profile, asked, profile->got_at);
    }
    profile->earliest = end + SHARE * (end - profile->got_at);
}

static void *run_sampler(void *data)
{
    pyw_profile *profile = data;

    pyw_crash_enter(PYW_CRASH_NO_SLOT);
    pthread_mutex_lock(&profile->lock);
    while (wait_until(profile, profile->due > profile->earliest ? profile->due : profile->earliest)) {
        take_sample(profile);
    }
    profile->is_sampled = 1;
    pthread_cond_broadcast(&profile->changed);
    pthread_mutex_unlock(&profile->lock);
    profile->engine->thread_end();
    pyw_buffer_free(&profile->batch);
    pyw_crash_leave();
    return NULL;
}

static int reader_has_left(const pyw_profile *profile)
{
    struct pollfd pipe = {profile->fd, 0, 0};

    return poll(&pipe, 1, 0) > 0;
}

/* The caller holds the lock. */
static void wait_for_end(pyw_profile *profile)
{
    int64_t now = pyw_clock_us();

    while (!profile->is_ending && now < profile->end_at && !reader_has_left(profile)) {
        int64_t next = now + READER_CHECK_MS * INT64_C(1000);

        wait_until(profile, next < profile->end_at ? next : profile->end_at);
        now = pyw_clock_us();
    }
    profile->is_ending = 1;
    pthread_cond_broadcast(&profile->changed);
}

typedef struct held_ticks {
    pyw_profile *profile;
    uint64_t count;
} held_ticks;

static void add_dumped(void *baton, const char *stack, size_t length)
{
    held_ticks *ticks = baton;

    add_held(ticks->profile, stack, length, ticks->count);
}

/* The sampler still waits for the GIL: the stacks are read without it. The caller holds the lock. */
static void add_wait(pyw_profile *profile)
{
    int64_t waited = pyw_clock_us() - profile->asked_at;
    held_ticks ticks = {profile, (uint64_t)(waited / profile->interval)};
    int fd = memfd_create("pywsgi-profile", MFD_CLOEXEC);

    if (fd >= 0 && ticks.count > 0) {
        profile->engine->dump_stacks(fd);
        pyw_dumped_stacks_read(fd, add_dumped, &ticks);
        profile->ticks += ticks.count;
    }
    if (fd >= 0) {
        close(fd);
    }
}

static void wait_for_sampler(pyw_profile *profile)
{
    int64_t now = pyw_clock_us(), limit = now + END_MS * INT64_C(1000);

    while (!profile->is_sampled && now < limit) {
        struct timespec end = {limit / 1000000, limit % 1000000 * 1000};

        pthread_cond_timedwait(&profile->changed, &profile->lock, &end);
        now = pyw_clock_us();
    }
    if (!profile->is_sampled && profile->asked_at > 0) {
        add_wait(profile);
    }
    profile->is_sampled = 1; /* the set of stacks no longer changes */
}

static void write_all(int fd, const pyw_buffer *text)
{
    int64_t deadline = pyw_wait_deadline(WRITE_MS);
    size_t written = 0;

    while (written < text->length && !text->failed && pyw_wait(fd, POLLOUT, deadline) == PYW_OK) {
        ssize_t count = write(fd, text->data + written, text->length - written);

        if (count < 0 && pyw_wait_result() != PYW_AGAIN) {
            return;
        }
        written += count > 0 ? (size_t)count : 0;
    }
}

static void append_line(pyw_buffer *text, const char *stack, size_t length, uint64_t number)
{
    char out[64];

    pyw_buffer_append(text, stack, length);
    pyw_buffer_append(text, out, (size_t)snprintf(out, sizeof(out), " %llu\n", (unsigned long long)number));
}

/* The last line tells the reader that nothing is missing. A forked process may hold the pipe open. */
static void write_profile(const pyw_profile *profile)
{
    size_t count = 0;
    const pyw_folded_stack **stacks = pyw_folded_sorted(profile->stacks, &count);
    pyw_buffer text = {0};

    for (size_t i = 0; i < count; i++) {
        append_line(&text, stacks[i]->text, stacks[i]->length, stacks[i]->count);
    }
    append_line(&text, "#end", 4, profile->ticks);
    write_all(profile->fd, &text);
    pyw_buffer_free(&text);
    free(stacks);
}

static void write_error(int fd, const char *reason)
{
    pyw_buffer text = {0};

    pyw_buffer_append(&text, "#error ", 7);
    pyw_buffer_append(&text, reason, strlen(reason));
    pyw_buffer_append(&text, "\n", 1);
    write_all(fd, &text);
    pyw_buffer_free(&text);
    close(fd);
}

void pyw_profile_refuse(int fd)
{
    write_error(fd, "another profile of it is running");
}

/* Closes the pipe before it waits for a sampler that may wait for the GIL. */
static void *run_profile(void *data)
{
    pyw_profile *profile = data;

    pthread_mutex_lock(&profile->lock);
    wait_for_end(profile);
    wait_for_sampler(profile);
    pthread_mutex_unlock(&profile->lock);
    write_profile(profile);
    close(profile->fd);
    pthread_join(profile->sampler, NULL);
    atomic_store(&profile->is_over, 1);
    return NULL;
}

/* The condition must use the clock of pyw_clock_us. */
static void prepare(pyw_profile *profile)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&profile->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&profile->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void free_profile(pyw_profile *profile)
{
    pthread_cond_destroy(&profile->changed);
    pthread_mutex_destroy(&profile->lock);
    pyw_folded_free(profile->stacks);
    free(profile);
}

/* Without the second thread the sampler ends before it takes a sample. */
static int start_profile_threads(pyw_profile *profile)
{
    if (pyw_thread_start(&profile->sampler, run_sampler, profile) != 0) {
        return 0;
    }
    if (pyw_thread_start(&profile->thread, run_profile, profile) == 0) {
        return 1;
    }
    pthread_mutex_lock(&profile->lock);
    profile->is_ending = 1;
    pthread_cond_broadcast(&profile->changed);
    pthread_mutex_unlock(&profile->lock);
    pthread_join(profile->sampler, NULL);
    return 0;
}

pyw_profile *pyw_profile_start(const pyw_engine *engine, int fd, const pyw_message_profile *request)
{
    pyw_profile *profile = calloc(1, sizeof(*profile));
    pyw_folded_stacks *stacks = pyw_folded_create(PYW_FOLDED_BYTES_MAX);

    if (profile == NULL || stacks == NULL) {
        free(profile);
        pyw_folded_free(stacks);
        write_error(fd, "it has no memory for a profile");
        return NULL;
    }
    profile->engine = engine;
    profile->fd = fd;
    profile->interval = 1000000 / request->rate;
    profile->due = pyw_clock_us() + profile->interval;
    profile->end_at = pyw_clock_us() + request->seconds * (int64_t)1000000;
    profile->stacks = stacks;
    prepare(profile);
    if (!start_profile_threads(profile)) {
        free_profile(profile);
        write_error(fd, "it cannot start a thread");
        return NULL;
    }
    return profile;
}

int pyw_profile_is_over(const pyw_profile *profile)
{
    return atomic_load(&profile->is_over);
}

void pyw_profile_stop(pyw_profile *profile)
{
    if (profile == NULL) {
        return;
    }
    pthread_mutex_lock(&profile->lock);
    profile->is_ending = 1;
    pthread_cond_broadcast(&profile->changed);
    pthread_mutex_unlock(&profile->lock);
    pthread_join(profile->thread, NULL);
    free_profile(profile);
}
