/* SPDX-License-Identifier: Apache-2.0 */
/* Several threads of the host at once. */
#include "test_engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define THREADS 6
#define ROUNDS 300

typedef struct worker {
    pthread_t thread;
    int number;
    int failures;
} worker;

static int is_echoed(pyw_application *application, int number, int round)
{
    memory_exchange got;
    char body[64];
    int good;

    snprintf(body, sizeof(body), "thread %d round %d\n", number, round);
    memory_exchange_init(&got, "POST", "/echo");
    memory_exchange_body(&got, body);
    got.always_blocks = round % 2;
    host_run(application, &got);
    good = strcmp(memory_content(&got), body) == 0;
    memory_exchange_free(&got);
    return good;
}

static void *work(void *data)
{
    worker *self = data;
    static const char *const groups[] = {"", "other", "threads"};

    for (int round = 0; round < ROUNDS; round++) {
        pyw_application *application = host_script("app.wsgi", groups[(round + self->number) % 3]);

        self->failures += !host_is_answered(application, "/hello", "Hello World!\n");
        self->failures += !host_is_answered(application, "/generator", "one two");
        self->failures += !is_echoed(application, self->number, round);
    }
    host_engine->thread_end();
    return NULL;
}

static void threads_serve_at_the_same_time(void **state)
{
    worker workers[THREADS] = {{0, 0, 0}};

    for (int i = 0; i < THREADS; i++) {
        workers[i].number = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].failures, 0);
    }
}

/* The sampler rarely sees an application in the first. */
enum { SAMPLED_ROUNDS = 100 };

static atomic_int is_serving;

/* "main (engine/app.wsgi:12);...": the outermost call first, and nothing but calls. */
static void check_stack(void *baton, unsigned long thread, const char *stack, size_t length)
{
    atomic_int *found = baton;
    const char *application = memmem(stack, length, "application (engine/app.wsgi:", 29);

    *found |= application == stack && thread != pthread_self();
    *found |= (memchr(stack, '\n', length) != NULL || stack[length - 1] != ')') << 1;
}

static void *sample(void *data)
{
    do {
        host_engine->sample_stacks(check_stack, data);
    } while (atomic_load(&is_serving));
    host_engine->thread_end();
    return NULL;
}

/* In three interpreters. */
static void stacks_are_sampled_while_threads_serve(void **state)
{
    pthread_t sampler;
    atomic_int found = 0;

    atomic_store(&is_serving, 1);
    assert_int_equal(pthread_create(&sampler, NULL, sample, &found), 0);
    for (int i = 0; i < SAMPLED_ROUNDS && found == 0; i++) {
        threads_serve_at_the_same_time(state);
    }
    atomic_store(&is_serving, 0);
    pthread_join(sampler, NULL);
    assert_int_equal(found, 1);
}

static void *load(void *data)
{
    pyw_application *application = data;

    return host_is_answered(application, "/", "made") ? data : NULL;
}

/* No thread_end here: stop() must clean up after these threads. */
static void an_import_happens_once_for_all_waiting_threads(void **state)
{
    pthread_t threads[THREADS];
    pyw_application *application = host_script("slow.wsgi", "");
    void *result;

    host_log_clear();
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, load, application), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    assert_string_equal(host_log(), "<5> importing\n");
}

static void *print_half(void *data)
{
    return host_is_answered(data, "/print_half", "") ? data : NULL;
}

static void a_partial_line_ends_with_its_request(void **state)
{
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", ""), "/print_half");
    assert_string_equal(memory_log(&got), "<5> half a line\n");
    assert_non_null(print_half(host_script("app.wsgi", "")));
    memory_exchange_free(&got);
}

static void *touch(void *data)
{
    for (int i = 0; i < ROUNDS; i++) {
        host_engine->touch();
    }
    host_engine->thread_end();
    return data;
}

static void a_watchdog_may_ask_while_others_serve(void **state)
{
    pthread_t watchdog;
    pyw_application *application = host_script("app.wsgi", "");

    assert_int_equal(pthread_create(&watchdog, NULL, touch, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        assert_true(host_is_answered(application, "/hello", "Hello World!\n"));
    }
    pthread_join(watchdog, NULL);
}

const struct CMUnitTest thread_tests[] = {
    cmocka_unit_test(threads_serve_at_the_same_time),
    cmocka_unit_test(stacks_are_sampled_while_threads_serve),
    cmocka_unit_test(an_import_happens_once_for_all_waiting_threads),
    cmocka_unit_test(a_watchdog_may_ask_while_others_serve),
    cmocka_unit_test(a_partial_line_ends_with_its_request),
};
const size_t thread_test_count = sizeof(thread_tests) / sizeof(thread_tests[0]);
