/* SPDX-License-Identifier: Apache-2.0 */
#include "pyw_cmocka.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "httpd/pyw_recall.h"

enum { LONG_MS = 10000 };

typedef struct waiter {
    pthread_t thread;
    int32_t id; /* once it can be told */
    int fds[2]; /* it waits for the reading end */
    int result;
    int error;
} waiter;

static void *wait_in_thread(void *data)
{
    waiter *self = data;
    struct pollfd fd = {self->fds[0], POLLIN, 0};

    __atomic_store_n(&self->id, pyw_recall_thread(), __ATOMIC_RELEASE);
    self->result = pyw_recall_poll(&fd, 1, LONG_MS);
    self->error = errno;
    return NULL;
}

static void start(waiter *started)
{
    *started = (waiter){0};
    assert_int_equal(pipe(started->fds), 0);
    assert_int_equal(pthread_create(&started->thread, NULL, wait_in_thread, started), 0);
    while (__atomic_load_n(&started->id, __ATOMIC_ACQUIRE) == 0) {
        sched_yield();
    }
}

static void join(waiter *joined)
{
    pthread_join(joined->thread, NULL);
    close(joined->fds[0]);
    close(joined->fds[1]);
}

/* In whatever moment it comes: before the thread waits, or while it does. */
static void test_a_thread_that_is_told_waits_no_longer(void **state)
{
    for (int i = 0; i < 200; i++) {
        waiter told;

        start(&told);
        if (i % 2) {
            sched_yield();
        }
        assert_true(pyw_recall_send((int32_t)getpid(), told.id));
        join(&told);
        assert_int_equal(told.result, -1);
        assert_int_equal(told.error, EINTR);
    }
}

static void test_another_thread_is_not_told(void **state)
{
    waiter waits;

    pyw_recall_thread();
    start(&waits);
    pyw_recall_send((int32_t)getpid(), pyw_recall_thread());
    assert_int_equal(write(waits.fds[1], "x", 1), 1);
    join(&waits);
    assert_int_equal(waits.result, 1);
}

static void test_it_waits_like_poll(void **state)
{
    struct pollfd fd = {-1, POLLIN, 0};

    pyw_recall_poll(&fd, 1, 0); /* what was sent to this thread before */
    assert_int_equal(pyw_recall_poll(&fd, 1, 0), 0);
    assert_int_equal(pyw_recall_poll(&fd, 1, 2), 0);
}

static void test_a_thread_that_is_gone_is_nobody(void **state)
{
    waiter gone;

    start(&gone);
    assert_int_equal(write(gone.fds[1], "x", 1), 1);
    join(&gone);
    assert_false(pyw_recall_send((int32_t)getpid(), gone.id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_that_is_told_waits_no_longer),
        cmocka_unit_test(test_another_thread_is_not_told),
        cmocka_unit_test(test_it_waits_like_poll),
        cmocka_unit_test(test_a_thread_that_is_gone_is_nobody),
    };

    pyw_recall_child_init();
    return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
