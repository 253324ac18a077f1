/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include "manager/child/state.h"

static void test_a_worker_becomes_ready_drains_and_dies(void **state)
{
    pyw_child_state child = PYW_CHILD_STARTING;

    child = pyw_child_next(child, PYW_EVENT_LOADED);
    assert_int_equal(child, PYW_CHILD_READY);
    child = pyw_child_next(child, PYW_EVENT_DRAIN);
    assert_int_equal(child, PYW_CHILD_DRAINING);
    child = pyw_child_next(child, PYW_EVENT_EXIT);
    assert_int_equal(child, PYW_CHILD_DEAD);
}

/* A second copy of the table, so that a change is made in two places. */
static void test_every_event_in_every_state(void **state)
{
    enum {
        S = PYW_CHILD_STARTING,
        R = PYW_CHILD_READY,
        D = PYW_CHILD_DRAINING,
        K = PYW_CHILD_STOPPING,
        X = PYW_CHILD_DEAD
    };
    static const int expected[PYW_CHILD_STATES][PYW_CHILD_EVENTS] = {
        /*    LOADED DRAIN KILL EXIT */
        [S] = {R, D, K, X}, [R] = {R, D, K, X}, [D] = {D, D, K, X}, [K] = {K, K, K, X}, [X] = {X, X, X, X},
    };

    for (int from = 0; from < PYW_CHILD_STATES; from++) {
        for (int event = 0; event < PYW_CHILD_EVENTS; event++) {
            assert_int_equal(pyw_child_next((pyw_child_state)from, (pyw_child_event)event), expected[from][event]);
        }
    }
}

static void test_an_exit_is_the_end_of_every_state(void **state)
{
    for (int from = 0; from < PYW_CHILD_STATES; from++) {
        assert_int_equal(pyw_child_next((pyw_child_state)from, PYW_EVENT_EXIT), PYW_CHILD_DEAD);
    }
}

static void test_the_dead_stay_dead(void **state)
{
    for (int event = 0; event < PYW_CHILD_EVENTS; event++) {
        assert_int_equal(pyw_child_next(PYW_CHILD_DEAD, (pyw_child_event)event), PYW_CHILD_DEAD);
    }
}

static void test_whoever_lives_can_be_killed(void **state)
{
    for (int from = 0; from < PYW_CHILD_DEAD; from++) {
        assert_int_equal(pyw_child_next((pyw_child_state)from, PYW_EVENT_KILL), PYW_CHILD_STOPPING);
    }
}

/* No frame from a worker undoes an order: READY of a draining worker that was slow to load is ignored. */
static void test_no_event_leads_back(void **state)
{
    for (int from = 0; from < PYW_CHILD_STATES; from++) {
        for (int event = 0; event < PYW_CHILD_EVENTS; event++) {
            assert_true(pyw_child_next((pyw_child_state)from, (pyw_child_event)event) >= (pyw_child_state)from);
        }
    }
}

static void test_a_worker_that_still_loads_can_be_drained(void **state)
{
    pyw_child_state child = pyw_child_next(PYW_CHILD_STARTING, PYW_EVENT_DRAIN);

    assert_int_equal(child, PYW_CHILD_DRAINING);
    assert_int_equal(pyw_child_next(child, PYW_EVENT_LOADED), PYW_CHILD_DRAINING);
    assert_int_equal(pyw_child_next(child, PYW_EVENT_DRAIN), PYW_CHILD_DRAINING);
}

static void test_states_have_names(void **state)
{
    static const char *const names[] = {"STARTING", "READY", "DRAINING", "STOPPING", "DEAD"};

    for (int from = 0; from < PYW_CHILD_STATES; from++) {
        assert_string_equal(pyw_child_state_name((pyw_child_state)from), names[from]);
    }
}

static void test_the_pause_doubles_up_to_half_a_minute(void **state)
{
    static const int expected[] = {0, 1000, 2000, 4000, 8000, 16000, 30000, 30000};

    for (int failures = 0; failures < 8; failures++) {
        assert_int_equal(pyw_child_back_off(failures), expected[failures]);
    }
    assert_int_equal(pyw_child_back_off(-1), 0);
    assert_int_equal(pyw_child_back_off(1000000), 30000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worker_becomes_ready_drains_and_dies),
        cmocka_unit_test(test_every_event_in_every_state),
        cmocka_unit_test(test_an_exit_is_the_end_of_every_state),
        cmocka_unit_test(test_the_dead_stay_dead),
        cmocka_unit_test(test_whoever_lives_can_be_killed),
        cmocka_unit_test(test_no_event_leads_back),
        cmocka_unit_test(test_a_worker_that_still_loads_can_be_drained),
        cmocka_unit_test(test_states_have_names),
        cmocka_unit_test(test_the_pause_doubles_up_to_half_a_minute),
    };

    return cmocka_run_group_tests_name("child table", tests, NULL, NULL);
}
