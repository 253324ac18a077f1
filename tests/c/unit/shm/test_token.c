/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <pthread.h>
#include <unistd.h>

#include "shm/token.h"

typedef struct ends {
    pyw_token *httpd;
    pyw_token *worker;
} ends;

static int set_up(void **state)
{
    static ends both;
    int fd = pyw_token_memory();

    assert_true(fd >= 0);
    both.httpd = pyw_token_map(fd);
    both.worker = pyw_token_map(fd);
    close(fd);
    assert_non_null(both.httpd);
    assert_non_null(both.worker);
    *state = &both;
    return 0;
}

static int tear_down(void **state)
{
    ends *both = *state;

    pyw_token_unmap(both->httpd);
    pyw_token_unmap(both->worker);
    return 0;
}

static void test_a_worker_that_takes_the_token_has_the_request(void **state)
{
    ends *both = *state;

    for (int i = 0; i < 3; i++) {
        pyw_token_put(both->httpd);
        assert_true(pyw_token_take(both->worker));
        assert_false(pyw_token_take(both->httpd));
        assert_false(pyw_token_take(both->worker));
    }
}

static void test_a_request_that_httpd_took_back_cannot_be_begun(void **state)
{
    ends *both = *state;

    pyw_token_put(both->httpd);
    assert_true(pyw_token_take(both->httpd));
    assert_false(pyw_token_take(both->worker));
}

static void test_the_time_of_waiting_for_the_gil_is_that_of_the_last_request(void **state)
{
    ends *both = *state;

    pyw_token_put(both->httpd);
    *pyw_token_gil_wait(both->worker) = 5000;
    assert_int_equal(*pyw_token_gil_wait(both->httpd), 5000);
    pyw_token_put(both->httpd);
    assert_int_equal(*pyw_token_gil_wait(both->httpd), 0);
}

static void test_without_a_request_there_is_nothing_to_take(void **state)
{
    ends *both = *state;

    assert_false(pyw_token_take(both->worker));
    assert_false(pyw_token_take(both->httpd));
}

enum { RACES = 5000 };

/* Both ends take the token of each round at the same moment. */
typedef struct race {
    ends *both;
    pthread_barrier_t start, finish;
    int was_taken; /* by the worker */
} race;

static void *take_all(void *data)
{
    race *self = data;

    for (int i = 0; i < RACES; i++) {
        pthread_barrier_wait(&self->start);
        self->was_taken = pyw_token_take(self->both->worker);
        pthread_barrier_wait(&self->finish);
    }
    return NULL;
}

static void test_one_end_gets_the_token_never_both(void **state)
{
    race self = {.both = *state};
    pthread_t thread;

    pthread_barrier_init(&self.start, NULL, 2);
    pthread_barrier_init(&self.finish, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, take_all, &self), 0);
    for (int i = 0; i < RACES; i++) {
        int taken;

        pyw_token_put(self.both->httpd);
        pthread_barrier_wait(&self.start);
        taken = pyw_token_take(self.both->httpd);
        pthread_barrier_wait(&self.finish);
        assert_int_equal(taken + self.was_taken, 1);
    }
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&self.start);
    pthread_barrier_destroy(&self.finish);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_worker_that_takes_the_token_has_the_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_request_that_httpd_took_back_cannot_be_begun, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_time_of_waiting_for_the_gil_is_that_of_the_last_request, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_request_there_is_nothing_to_take, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_end_gets_the_token_never_both, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
