/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* SCHED_BATCH, gettid */
#endif
#include "unit_test.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "base/os/batch.h"

static const struct sched_param no_priority;

static int to_normal(void **state)
{
    return sched_setscheduler(0, SCHED_OTHER, &no_priority);
}

static void test_a_thread_is_switched_and_back(void **state)
{
    assert_int_equal(pyw_batch_switch_thread(0, 1), 0);
    assert_int_equal(sched_getscheduler(0), SCHED_BATCH);
    assert_int_equal(pyw_batch_switch_thread(0, 1), 0);
    assert_int_equal(sched_getscheduler(0), SCHED_BATCH);
    assert_int_equal(pyw_batch_switch_thread(0, 0), 0);
    assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}

static void test_a_policy_that_somebody_chose_is_left_alone(void **state)
{
    pyw_batch batch;

    assert_int_equal(sched_setscheduler(0, SCHED_BATCH, &no_priority), 0);
    pyw_batch_init(&batch);
    assert_int_equal(batch.is_barred, 1);
}

typedef struct other_thread {
    pthread_t id;
    pthread_barrier_t begun, over;
    int policy;
    pid_t tid;
} other_thread;

static void *other_main(void *data)
{
    other_thread *self = data;

    assert_int_equal(sched_setscheduler(0, self->policy, &no_priority), 0);
    self->tid = gettid();
    pthread_barrier_wait(&self->begun);
    pthread_barrier_wait(&self->over);
    return NULL;
}

static void start(other_thread *other, int policy)
{
    other->policy = policy;
    pthread_barrier_init(&other->begun, NULL, 2);
    pthread_barrier_init(&other->over, NULL, 2);
    assert_int_equal(pthread_create(&other->id, NULL, other_main, other), 0);
    pthread_barrier_wait(&other->begun);
}

static void stop(other_thread *other)
{
    pthread_barrier_wait(&other->over);
    pthread_join(other->id, NULL);
    pthread_barrier_destroy(&other->begun);
    pthread_barrier_destroy(&other->over);
}

static void test_all_threads_of_the_process_are_switched_that_have_no_policy_of_their_own(void **state)
{
    other_thread normal, idle;

    start(&normal, SCHED_OTHER);
    start(&idle, SCHED_IDLE);
    assert_int_equal(pyw_batch_switch_process(1), 0);
    assert_int_equal(sched_getscheduler(0), SCHED_BATCH);
    assert_int_equal(sched_getscheduler(normal.tid), SCHED_BATCH);
    assert_int_equal(sched_getscheduler(idle.tid), SCHED_IDLE);
    assert_int_equal(pyw_batch_switch_process(0), 0);
    assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
    assert_int_equal(sched_getscheduler(normal.tid), SCHED_OTHER);
    assert_int_equal(sched_getscheduler(idle.tid), SCHED_IDLE);
    stop(&normal);
    stop(&idle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_thread_is_switched_and_back, to_normal),
        cmocka_unit_test_teardown(test_a_policy_that_somebody_chose_is_left_alone, to_normal),
        cmocka_unit_test_teardown(test_all_threads_of_the_process_are_switched_that_have_no_policy_of_their_own,
                                  to_normal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
