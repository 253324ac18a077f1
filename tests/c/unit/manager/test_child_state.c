/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include "manager/child/state.h"

/* A second copy of the table, so that a change of the table is a change in two places. */
static void test_every_event_in_every_state(void **state)
{
    enum {
        S = PYW_CHILD_STARTING,
        R = PYW_CHILD_READY,
        B = PYW_CHILD_BROKEN,
        D = PYW_CHILD_DRAINING,
        T = PYW_CHILD_STUCK,
        F = PYW_CHILD_FINISHING,
        K = PYW_CHILD_STOPPING,
        X = PYW_CHILD_DEAD,
        P = PYW_CHILD_PEER_ERROR,
        O = PYW_CHILD_DEFECT
    };
    static const int expected[PYW_CHILD_STATES][PYW_CHILD_EVENTS] = {
        /*    LOADED BROKEN STUCK FINISHING MENDED DRAIN KILL EXIT */
        [S] = {R, B, P, S, O, D, K, X}, [R] = {P, P, T, R, O, D, K, X}, [B] = {P, P, T, B, R, D, K, X},
        [D] = {D, D, T, F, O, D, K, X}, [T] = {P, P, P, T, O, T, K, X}, [F] = {F, F, T, P, O, F, K, X},
        [K] = {K, K, K, K, O, K, K, X}, [X] = {O, O, O, O, O, O, O, O},
    };

    for (int from = 0; from < PYW_CHILD_STATES; from++) {
        for (int event = 0; event < PYW_CHILD_EVENTS; event++) {
            assert_int_equal(pyw_child_next((pyw_child_state)from, (pyw_child_event)event), expected[from][event]);
        }
    }
}

/* A READY that a draining worker sends late, because it was slow to load, changes nothing. */
static void test_no_frame_makes_a_draining_worker_serve_again(void **state)
{
    for (int from = PYW_CHILD_DRAINING; from < PYW_CHILD_DEAD; from++) {
        for (int event = PYW_EVENT_LOADED; event <= PYW_EVENT_FINISHING; event++) {
            int next = pyw_child_next((pyw_child_state)from, (pyw_child_event)event);

            assert_true(next >= PYW_CHILD_DRAINING || next == PYW_CHILD_PEER_ERROR);
        }
    }
}

static void test_only_the_manager_is_blamed_for_its_own_events(void **state)
{
    for (int from = 0; from < PYW_CHILD_DEAD; from++) {
        for (int event = 0; event < PYW_CHILD_EVENTS; event++) {
            int next = pyw_child_next((pyw_child_state)from, (pyw_child_event)event);

            assert_int_not_equal(next, event <= PYW_EVENT_FINISHING ? PYW_CHILD_DEFECT : PYW_CHILD_PEER_ERROR);
        }
    }
}

static void test_states_and_events_have_names(void **state)
{
    for (int from = 0; from < PYW_CHILD_STATES; from++) {
        assert_non_null(pyw_child_state_name((pyw_child_state)from));
    }
    for (int event = 0; event < PYW_CHILD_EVENTS; event++) {
        assert_non_null(pyw_child_event_name((pyw_child_event)event));
    }
    assert_string_equal(pyw_child_state_name(PYW_CHILD_DEAD), "DEAD");
    assert_string_equal(pyw_child_event_name(PYW_EVENT_EXIT), "EXIT");
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
        cmocka_unit_test(test_every_event_in_every_state),
        cmocka_unit_test(test_no_frame_makes_a_draining_worker_serve_again),
        cmocka_unit_test(test_only_the_manager_is_blamed_for_its_own_events),
        cmocka_unit_test(test_states_and_events_have_names),
        cmocka_unit_test(test_the_pause_doubles_up_to_half_a_minute),
    };

    return cmocka_run_group_tests_name("child table", tests, NULL, NULL);
}
