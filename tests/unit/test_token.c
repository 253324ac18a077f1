/* SPDX-License-Identifier: Apache-2.0 */
#include "pyw_cmocka.h"

#include <pthread.h>
#include <unistd.h>

#include "wire/pyw_token.h"

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

static void test_the_worker_has_what_it_claims(void **state)
{
    ends *both = *state;

    for (int i = 0; i < 3; i++) {
        pyw_token_put(both->httpd);
        assert_true(pyw_token_is_there(both->httpd));
        assert_true(pyw_token_claim(both->worker));
        assert_false(pyw_token_is_there(both->httpd));
        assert_false(pyw_token_take(both->httpd));
    }
}

static void test_what_httpd_took_back_cannot_be_claimed(void **state)
{
    ends *both = *state;

    pyw_token_put(both->httpd);
    assert_true(pyw_token_take(both->httpd));
    assert_false(pyw_token_is_there(both->httpd));
    assert_false(pyw_token_claim(both->worker));
    assert_false(pyw_token_take(both->httpd));
}

/* They are in the connection one behind the other, and the worker reads them later. */
static void test_of_several_that_were_sent_the_last_is_claimed(void **state)
{
    ends *both = *state;

    for (int i = 0; i < 3; i++) {
        pyw_token_put(both->httpd);
        assert_true(pyw_token_take(both->httpd));
    }
    pyw_token_put(both->httpd);
    for (int i = 0; i < 3; i++) {
        assert_false(pyw_token_claim(both->worker));
        assert_true(pyw_token_is_there(both->httpd));
    }
    assert_true(pyw_token_claim(both->worker));
}

static void test_a_worker_that_claims_too_much_gets_nothing(void **state)
{
    ends *both = *state;

    assert_false(pyw_token_claim(both->worker));
    pyw_token_put(both->httpd);
    assert_false(pyw_token_claim(both->worker));
    assert_true(pyw_token_take(both->httpd));
}

enum { RACES = 20000 };

/* Claims each number once it is in play, as soon as that may be. */
static void *claim_all(void *data)
{
    static char claimed[RACES];
    ends *both = data;

    for (int i = 0; i < RACES; i++) {
        claimed[i] = (char)pyw_token_claim(both->worker);
    }
    return claimed;
}

/* Whatever the other end does at that moment. */
static void test_each_request_is_one_s_only(void **state)
{
    static char taken[RACES];
    ends *both = *state;
    pthread_t thread;
    void *claimed;

    assert_int_equal(pthread_create(&thread, NULL, claim_all, both), 0);
    for (int i = 0; i < RACES; i++) {
        pyw_token_put(both->httpd);
        taken[i] = (char)pyw_token_take(both->httpd);
    }
    pthread_join(thread, &claimed);
    for (int i = 0; i < RACES; i++) {
        assert_true(taken[i] != ((char *)claimed)[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_worker_has_what_it_claims, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_httpd_took_back_cannot_be_claimed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_several_that_were_sent_the_last_is_claimed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_worker_that_claims_too_much_gets_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_request_is_one_s_only, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
