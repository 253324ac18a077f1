/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include "manager/group/scale_decision.h"

static const uint64_t MIB = 1 << 20;

static pyw_scale_limits limits;
static pyw_scale_numbers numbers;

/* A group of 2 to 4 workers with 8 threads each, of which two run and rest. */
static int start_at_rest(void **state)
{
    const pyw_scale_limits l = {.least = 2, .most = 4, .threads = 8, .after = 250, .idle = 60000, .sleep = 90000};
    const pyw_scale_numbers n = {.wanted = 2, .ready = 2, .waiting = -1, .settled = 5000, .memory = 100 * MIB};

    limits = l;
    numbers = n;
    return 0;
}

static void have(int workers)
{
    numbers.wanted = numbers.ready = workers;
}

static void expect(pyw_scale_decision decision)
{
    assert_int_equal(pyw_scale_decide(&limits, &numbers), decision);
}

static void test_at_rest_it_stays(void **state)
{
    expect(PYW_SCALE_STAY);
    numbers.spare = numbers.quiet = 1000 * 1000 * 1000;
    expect(PYW_SCALE_STAY); /* at its minimum */
}

static void test_it_grows_when_a_request_has_waited_for_long_enough(void **state)
{
    numbers.waiting = 249;
    expect(PYW_SCALE_STAY);
    numbers.waiting = 250;
    expect(PYW_SCALE_GROW);
}

static void test_not_above_its_most(void **state)
{
    have(4);
    numbers.waiting = 10000;
    expect(PYW_SCALE_STAY);
}

static void test_one_worker_at_a_time(void **state)
{
    numbers.waiting = 10000;
    numbers.wanted = 3;
    expect(PYW_SCALE_STAY); /* the third neither runs nor starts */
    numbers.starting = 1;
    expect(PYW_SCALE_STAY);
    have(3);
    expect(PYW_SCALE_STAY); /* another worker starts: a replacement */
    numbers.starting = 0;
    expect(PYW_SCALE_GROW);
}

/* A request that has waited for the whole start of a worker does not cause another start. */
static void test_a_new_worker_may_take_the_waiting_requests(void **state)
{
    numbers.waiting = 10000;
    numbers.settled = 249;
    expect(PYW_SCALE_STAY);
    numbers.settled = 250;
    expect(PYW_SCALE_GROW);
}

static void test_the_next_worker_has_to_fit_into_the_budget(void **state)
{
    numbers.waiting = 10000;
    limits.budget = 150 * MIB;
    expect(PYW_SCALE_GROW);
    limits.budget = 150 * MIB - 1;
    expect(PYW_SCALE_NO_MEMORY);
    have(4);
    limits.budget = 100 * MIB;
    expect(PYW_SCALE_STAY); /* the group would not have grown */
}

static void test_it_shrinks_when_one_less_would_have_done(void **state)
{
    have(3);
    numbers.spare = 59999;
    expect(PYW_SCALE_STAY);
    numbers.spare = 60000;
    expect(PYW_SCALE_SHRINK);
    numbers.starting = 1;
    expect(PYW_SCALE_STAY);
}

static void test_it_shrinks_when_its_workers_outgrow_the_budget(void **state)
{
    have(3);
    numbers.waiting = 10000;
    limits.budget = 100 * MIB;
    expect(PYW_SCALE_NO_MEMORY);
    numbers.memory++;
    expect(PYW_SCALE_SHRINK_MEMORY);
    have(2);
    expect(PYW_SCALE_NO_MEMORY); /* the group does not go below its minimum */
}

static void test_the_last_worker_goes_only_to_sleep(void **state)
{
    limits.least = 0;
    have(1);
    numbers.spare = 1000 * 1000;
    numbers.quiet = 89999;
    expect(PYW_SCALE_STAY);
    numbers.quiet = 90000;
    expect(PYW_SCALE_SLEEP);
    numbers.busy = 1;
    expect(PYW_SCALE_STAY);
    numbers.busy = 0;
    numbers.waiting = 0;
    expect(PYW_SCALE_STAY);
    numbers.waiting = -1;
    limits.least = 1;
    expect(PYW_SCALE_STAY);
}

static void test_two_workers_do_not_sleep_at_once(void **state)
{
    limits.least = 0;
    numbers.quiet = 90000;
    expect(PYW_SCALE_STAY);
    numbers.spare = 60000;
    expect(PYW_SCALE_SHRINK);
}

static void test_any_request_wakes_it(void **state)
{
    limits.least = 0;
    have(0);
    expect(PYW_SCALE_STAY);
    numbers.waiting = 0;
    expect(PYW_SCALE_WAKE);
    limits.budget = 1;
    numbers.ready = 1; /* the last worker, which finishes */
    expect(PYW_SCALE_WAKE);
}

static void test_a_worker_is_spare_if_a_thread_is_left_without_it(void **state)
{
    numbers.busy = 7;
    assert_true(pyw_scale_is_spare(&limits, &numbers));
    numbers.busy = 8;
    assert_false(pyw_scale_is_spare(&limits, &numbers));
    numbers.busy = 0;
    numbers.waiting = 249; /* a request waits at this moment, as under any load */
    assert_true(pyw_scale_is_spare(&limits, &numbers));
    numbers.waiting = 250;
    assert_false(pyw_scale_is_spare(&limits, &numbers));
    numbers.waiting = -1;
    have(1);
    assert_false(pyw_scale_is_spare(&limits, &numbers));
}

static void test_each_decision_changes_the_number_by_one(void **state)
{
    static const int change[] = {0, 1, 0, -1, -1, -1, 1};

    for (int decision = PYW_SCALE_STAY; decision <= PYW_SCALE_WAKE; decision++) {
        assert_int_equal(pyw_scale_apply((pyw_scale_decision)decision, 3), 3 + change[decision]);
    }
}

static void test_another_manager_starts_the_same_number_of_workers(void **state)
{
    assert_int_equal(pyw_scale_again(&limits, 3, 150 * MIB), 3);
    assert_int_equal(pyw_scale_again(&limits, 1, 50 * MIB), 2);
    assert_int_equal(pyw_scale_again(&limits, 5, 250 * MIB), 4);
    assert_int_equal(pyw_scale_again(&limits, 3, 0), 3);
}

static void test_as_far_as_the_budget_goes(void **state)
{
    limits.budget = 150 * MIB;
    assert_int_equal(pyw_scale_again(&limits, 3, 150 * MIB), 3);
    assert_int_equal(pyw_scale_again(&limits, 4, 200 * MIB), 3);
    assert_int_equal(pyw_scale_again(&limits, 4, 1000 * MIB), 2);
    limits.least = 0;
    assert_int_equal(pyw_scale_again(&limits, 4, 1000 * MIB), 1);
    assert_int_equal(pyw_scale_again(&limits, 0, 0), 0); /* the group stays asleep */
}

#define AT_REST(test) cmocka_unit_test_setup(test, start_at_rest)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_REST(test_at_rest_it_stays),
        AT_REST(test_it_grows_when_a_request_has_waited_for_long_enough),
        AT_REST(test_not_above_its_most),
        AT_REST(test_one_worker_at_a_time),
        AT_REST(test_a_new_worker_may_take_the_waiting_requests),
        AT_REST(test_the_next_worker_has_to_fit_into_the_budget),
        AT_REST(test_it_shrinks_when_one_less_would_have_done),
        AT_REST(test_it_shrinks_when_its_workers_outgrow_the_budget),
        AT_REST(test_the_last_worker_goes_only_to_sleep),
        AT_REST(test_two_workers_do_not_sleep_at_once),
        AT_REST(test_any_request_wakes_it),
        AT_REST(test_a_worker_is_spare_if_a_thread_is_left_without_it),
        AT_REST(test_each_decision_changes_the_number_by_one),
        AT_REST(test_another_manager_starts_the_same_number_of_workers),
        AT_REST(test_as_far_as_the_budget_goes),
    };

    return cmocka_run_group_tests_name("scale decision", tests, NULL, NULL);
}
