/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include "worker/watch/watchdog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { PAUSE_MOST_MS = 5000, LINES_MOST = 1000 };

struct pyw_watchdog {
    const pyw_engine *engine;
    int timeout_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int is_ending;            /* guarded by the lock */
    _Atomic int64_t asked_at; /* INT64_MAX: Python has answered */
};

static struct timespec pause_end(const pyw_watchdog *watchdog)
{
    int pause = watchdog->timeout_ms / 4 < PAUSE_MOST_MS ? watchdog->timeout_ms / 4 : PAUSE_MOST_MS;
    int64_t end = pyw_clock_ms() + pause;
    struct timespec time = {end / 1000, end % 1000 * 1000000};

    return time;
}

/* 1: the thread must end. */
static int wait_interval(pyw_watchdog *watchdog)
{
    struct timespec end = pause_end(watchdog);
    int is_ending, error = 0;

    pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->is_ending && error == 0) {
        error = pthread_cond_timedwait(&watchdog->ended, &watchdog->lock, &end);
    }
    is_ending = watchdog->is_ending;
    pthread_mutex_unlock(&watchdog->lock);
    return is_ending;
}

static void *watchdog_thread(void *data)
{
    pyw_watchdog *watchdog = data;

    do {
        atomic_store(&watchdog->asked_at, pyw_clock_ms());
        watchdog->engine->touch();
        atomic_store(&watchdog->asked_at, INT64_MAX);
    } while (!wait_interval(watchdog));
    watchdog->engine->thread_end();
    return NULL;
}

/* The condition must use the clock of pyw_wait. */
static void prepare_watchdog(pyw_watchdog *watchdog)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&watchdog->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watchdog->ended, &attributes);
    pthread_condattr_destroy(&attributes);
}

pyw_watchdog *pyw_watchdog_start(const pyw_engine *engine, int timeout_ms)
{
    pyw_watchdog *watchdog = calloc(1, sizeof(*watchdog));

    if (watchdog == NULL) {
        return NULL;
    }
    watchdog->engine = engine;
    watchdog->timeout_ms = timeout_ms;
    atomic_init(&watchdog->asked_at, INT64_MAX);
    prepare_watchdog(watchdog);
    if (pthread_create(&watchdog->thread, NULL, watchdog_thread, watchdog) != 0) {
        free(watchdog);
        return NULL;
    }
    return watchdog;
}

int pyw_watchdog_is_stuck(const pyw_watchdog *watchdog)
{
    int64_t asked_at = atomic_load(&watchdog->asked_at);

    return asked_at != INT64_MAX && pyw_clock_ms() - asked_at >= watchdog->timeout_ms;
}

static void log_lines(FILE *file)
{
    char line[500];

    for (int i = 0; i < LINES_MOST && fgets(line, sizeof(line), file) != NULL; i++) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0') {
            pyw_log(PYW_LOG_ERR, PYWNO(0423) "%s", line);
        }
    }
}

void pyw_watchdog_log_stacks(const pyw_engine *engine)
{
    int fd = memfd_create("pywsgi-stacks", MFD_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

    if (file == NULL) {
        return;
    }
    engine->dump_stacks(fd);
    rewind(file);
    log_lines(file);
    fclose(file);
}

void pyw_watchdog_stop(pyw_watchdog *watchdog)
{
    if (watchdog == NULL) {
        return;
    }
    pthread_mutex_lock(&watchdog->lock);
    watchdog->is_ending = 1;
    pthread_cond_signal(&watchdog->ended);
    pthread_mutex_unlock(&watchdog->lock);
    pthread_join(watchdog->thread, NULL);
    pthread_cond_destroy(&watchdog->ended);
    pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
}
