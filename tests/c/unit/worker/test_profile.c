/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's profile, with an engine that has no Python. */
#include "unit_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker/watch/profile.h"

static struct {
    pthread_mutex_t gil;
    atomic_int samples;
    const char *stack; /* NULL: no thread runs Python */
} python = {PTHREAD_MUTEX_INITIALIZER, 0, "view (app.py:3)"};

static void sample_stacks(void (*visit)(void *baton, unsigned long thread, const char *stack, size_t length),
                          void *baton)
{
    pthread_mutex_lock(&python.gil);
    if (python.stack != NULL) {
        visit(baton, 1, python.stack, strlen(python.stack));
    }
    atomic_fetch_add(&python.samples, 1);
    pthread_mutex_unlock(&python.gil);
}

static void dump_stacks(int fd)
{
    dprintf(fd, "Thread 0x00007f0000000001 (most recent call first):\n"
                "  File \"/srv/blog/app.py\", line 7 in compute\n"
                "  File \"/srv/blog/app.py\", line 3 in view\n"
                "\n"
                "Thread 0x00007f0000000002 [other] (most recent call first):\n"
                "  <no Python frame>\n"
                "Current thread 0x00007f0000000003 (most recent call first):\n"
                "  File \"/usr/lib/python3.11/queue.py\", line 171 in get\n");
}

static void thread_end(void)
{
}

static const pyw_engine engine = {.sample_stacks = sample_stacks, .dump_stacks = dump_stacks, .thread_end = thread_end};

static int pipe_ends[2];

static pyw_profile *start(int seconds, int rate)
{
    const pyw_message_profile request = {(uint16_t)seconds, (uint16_t)rate};

    assert_int_equal(pipe(pipe_ends), 0);
    fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
    atomic_store(&python.samples, 0);
    return pyw_profile_start(&engine, pipe_ends[1], &request);
}

/* The whole output; the pipe has been closed. */
static const char *output(void)
{
    static char text[8192];
    size_t length = 0;
    ssize_t got;

    while ((got = read(pipe_ends[0], text + length, sizeof(text) - 1 - length)) > 0) {
        length += (size_t)got;
    }
    text[length] = '\0';
    close(pipe_ends[0]);
    return text;
}

static void wait_for_samples(int count)
{
    while (atomic_load(&python.samples) < count) {
        usleep(1000);
    }
}

static void test_every_tick_counts_each_stack_once(void **state)
{
    pyw_profile *profile = start(600, 100);
    unsigned long count, ticks;

    wait_for_samples(5);
    pyw_profile_stop(profile);
    assert_int_equal(sscanf(output(), "view (app.py:3) %lu\n#end %lu\n", &count, &ticks), 2);
    assert_true(count >= 5);
    assert_int_equal(count, ticks);
}

static void test_it_ends_on_time(void **state)
{
    int64_t begun = pyw_clock_ms();
    pyw_profile *profile = start(1, 50);
    const char *text = output();

    assert_true(pyw_clock_ms() - begun >= 1000);
    assert_non_null(strstr(text, "#end "));
    pyw_profile_stop(profile);
}

static void test_an_idle_worker_has_no_stacks(void **state)
{
    const char *stack = python.stack;
    pyw_profile *profile;

    python.stack = NULL;
    profile = start(600, 100);
    wait_for_samples(3);
    pyw_profile_stop(profile);
    assert_int_equal(strncmp(output(), "#end ", 5), 0);
    python.stack = stack;
}

/* Longer than any hand-over of the GIL between threads of Python. */
static void test_a_wait_for_the_gil_is_marked(void **state)
{
    pyw_profile *profile = start(600, 100);
    const char *text;
    unsigned long held;

    wait_for_samples(1);
    pthread_mutex_lock(&python.gil);
    usleep(200 * 1000);
    pthread_mutex_unlock(&python.gil);
    wait_for_samples(3);
    pyw_profile_stop(profile);
    text = output();
    assert_int_equal(sscanf(strstr(text, ";[GIL held]"), ";[GIL held] %lu", &held), 1);
    assert_true(held >= 15);
    assert_non_null(strstr(text, "#end "));
}

/* The profile is written although its sampler still waits. */
static void test_without_the_gil_the_stacks_are_dumped(void **state)
{
    pyw_profile *profile;
    const char *text;

    pthread_mutex_lock(&python.gil);
    profile = start(1, 100);
    text = output();
    assert_non_null(strstr(text, "view (blog/app.py:3);compute (blog/app.py:7);[GIL held] "));
    assert_non_null(strstr(text, "get (python3.11/queue.py:171);[GIL held] "));
    assert_non_null(strstr(text, "#end "));
    assert_int_equal(pyw_profile_is_over(profile), 0);
    pthread_mutex_unlock(&python.gil);
    pyw_profile_stop(profile);
}

static void test_it_ends_when_the_reader_leaves(void **state)
{
    pyw_profile *profile = start(600, 100);

    close(pipe_ends[0]);
    while (!pyw_profile_is_over(profile)) {
        usleep(1000);
    }
    pyw_profile_stop(profile);
}

static void test_a_second_profile_is_refused(void **state)
{
    assert_int_equal(pipe(pipe_ends), 0);
    pyw_profile_refuse(pipe_ends[1]);
    assert_string_equal(output(), "#error another profile of it is running\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_tick_counts_each_stack_once),
        cmocka_unit_test(test_it_ends_on_time),
        cmocka_unit_test(test_an_idle_worker_has_no_stacks),
        cmocka_unit_test(test_a_wait_for_the_gil_is_marked),
        cmocka_unit_test(test_without_the_gil_the_stacks_are_dumped),
        cmocka_unit_test(test_it_ends_when_the_reader_leaves),
        cmocka_unit_test(test_a_second_profile_is_refused),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
