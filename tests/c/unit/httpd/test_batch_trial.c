/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include "httpd/queue/batch_trial.h"

enum { START = 100000, CONCURRENCY = 16 };

typedef struct load {
    pyw_batch_trial trial;
    int64_t now;
    int normal_rate; /* arrivals per millisecond without batch scheduling */
    int batch_rate;
} load;

static int is_on(const load *load)
{
    return pyw_batch_state_is_on(load->trial.state);
}

/* CONCURRENCY clients, each of which sends a request as soon as it has a response. */
static void run(load *load, int milliseconds)
{
    for (int64_t end = load->now + milliseconds; load->now < end; load->now++) {
        int arrivals = is_on(load) ? load->batch_rate : load->normal_rate;

        for (int i = 0; i < arrivals; i++) {
            pyw_batch_trial_arrival(&load->trial, CONCURRENCY);
        }
        pyw_batch_trial_step(&load->trial, 1, load->now);
    }
}

/* Long enough for both measurements. */
static void run_trial(load *load)
{
    run(load, 2 * PYW_BATCH_WINDOW_MS + 10);
}

static void test_it_is_used_if_requests_are_faster(void **state)
{
    load load = {.now = START, .normal_rate = 8, .batch_rate = 10};

    run_trial(&load);
    assert_int_equal(load.trial.state, PYW_BATCH_USED);
    assert_true(is_on(&load));
}

static void test_it_is_released_if_requests_are_slower(void **state)
{
    load load = {.now = START, .normal_rate = 10, .batch_rate = 8};

    run_trial(&load);
    assert_int_equal(load.trial.state, PYW_BATCH_RELEASED);
    assert_false(is_on(&load));
}

static void test_at_a_fixed_rate_of_requests_the_waiting_requests_count(void **state)
{
    pyw_batch_trial trial = {0};

    for (int64_t now = START; now < START + 2 * PYW_BATCH_WINDOW_MS + 10; now++) {
        pyw_batch_trial_arrival(&trial, pyw_batch_state_is_on(trial.state) ? 12 : 8);
        pyw_batch_trial_step(&trial, 1, now);
    }
    assert_int_equal(trial.state, PYW_BATCH_RELEASED);
}

static void test_a_new_result_is_valid_for_seconds(void **state)
{
    load load = {.now = START, .normal_rate = 10, .batch_rate = 8};

    run_trial(&load);
    load.batch_rate = 12;
    run(&load, PYW_BATCH_FIRST_MS - 20);
    assert_int_equal(load.trial.state, PYW_BATCH_RELEASED);
    run(&load, 20);
    run_trial(&load);
    assert_int_equal(load.trial.state, PYW_BATCH_USED);
    load.batch_rate = 8;
    run(&load, PYW_BATCH_FIRST_MS - 20);
    assert_int_equal(load.trial.state, PYW_BATCH_USED);
    run(&load, 20);
    run_trial(&load);
    assert_int_equal(load.trial.state, PYW_BATCH_RELEASED);
}

static void test_a_repeated_result_is_valid_for_twice_as_long_up_to_a_minute(void **state)
{
    load load = {.now = START, .normal_rate = 8, .batch_rate = 10};
    int64_t expected = PYW_BATCH_FIRST_MS;

    for (int i = 0; i < 6; i++) {
        run_trial(&load);
        assert_int_equal(load.trial.state, PYW_BATCH_USED);
        assert_int_equal(load.trial.valid_ms, expected);
        run(&load, (int)expected);
        expected = 2 * expected < PYW_BATCH_VERDICT_MS ? 2 * expected : PYW_BATCH_VERDICT_MS;
    }
    assert_int_equal(expected, PYW_BATCH_VERDICT_MS);
}

static void test_the_measurements_cost_two_percent_of_the_time_at_most(void **state)
{
    assert_true(100 * PYW_BATCH_WINDOW_MS <= 2 * PYW_BATCH_VERDICT_MS);
}

static void test_low_concurrency_ends_it_and_the_result_is_kept(void **state)
{
    load load = {.now = START, .normal_rate = 8, .batch_rate = 10};

    run_trial(&load);
    pyw_batch_trial_step(&load.trial, 0, load.now + PYW_BATCH_CALM_MS - 2);
    assert_true(is_on(&load));
    pyw_batch_trial_step(&load.trial, 0, load.now + PYW_BATCH_CALM_MS);
    assert_int_equal(load.trial.state, PYW_BATCH_CALM);
    pyw_batch_trial_step(&load.trial, 1, load.now + 2 * PYW_BATCH_CALM_MS);
    assert_int_equal(load.trial.state, PYW_BATCH_USED);
}

static void test_a_load_that_falls_meanwhile_does_not_decide(void **state)
{
    load load = {.now = START};

    for (int rate = 20; load.trial.state<PYW_BATCH_USED; rate -= rate> 8) {
        load.normal_rate = rate;
        load.batch_rate = rate + 1;
        run(&load, PYW_BATCH_WINDOW_MS / 10);
    }
    assert_int_equal(load.trial.state, PYW_BATCH_USED);
}

static void test_a_pause_is_not_measured(void **state)
{
    load load = {.now = START, .normal_rate = 8, .batch_rate = 10};

    run(&load, PYW_BATCH_WINDOW_MS / 4);
    load.now += 10 * PYW_BATCH_CALM_MS;
    run(&load, PYW_BATCH_WINDOW_MS / 4);
    assert_int_equal(load.trial.state, PYW_BATCH_MEASURE_NORMAL);
    run_trial(&load);
    assert_int_equal(load.trial.state, PYW_BATCH_USED);
}

static void test_few_requests_are_not_enough_for_a_result(void **state)
{
    pyw_batch_trial trial = {0};

    for (int i = 0; i < PYW_BATCH_ARRIVALS; i++) {
        pyw_batch_trial_step(&trial, 1, START + i * 100);
        pyw_batch_trial_arrival(&trial, CONCURRENCY);
    }
    assert_int_equal(trial.state, PYW_BATCH_MEASURE_NORMAL);
    pyw_batch_trial_step(&trial, 1, START + PYW_BATCH_ARRIVALS * 100);
    assert_int_equal(trial.state, PYW_BATCH_MEASURE_BATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_used_if_requests_are_faster),
        cmocka_unit_test(test_it_is_released_if_requests_are_slower),
        cmocka_unit_test(test_at_a_fixed_rate_of_requests_the_waiting_requests_count),
        cmocka_unit_test(test_a_new_result_is_valid_for_seconds),
        cmocka_unit_test(test_a_repeated_result_is_valid_for_twice_as_long_up_to_a_minute),
        cmocka_unit_test(test_the_measurements_cost_two_percent_of_the_time_at_most),
        cmocka_unit_test(test_low_concurrency_ends_it_and_the_result_is_kept),
        cmocka_unit_test(test_a_load_that_falls_meanwhile_does_not_decide),
        cmocka_unit_test(test_a_pause_is_not_measured),
        cmocka_unit_test(test_few_requests_are_not_enough_for_a_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
