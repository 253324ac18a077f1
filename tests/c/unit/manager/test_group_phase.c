/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include "manager/group/phase.h"

/* A second copy of the table, so that a change of the table is a change in two places. */
static void test_every_event_in_every_phase(void **state)
{
    enum {
        S = PYW_PHASE_SERVING,
        T = PYW_PHASE_STOPPED,
        R = PYW_PHASE_RETIRING,
        H = PYW_PHASE_HANDED,
        E = PYW_PHASE_ENDING,
        L = PYW_PHASE_LEAVING,
        X = PYW_PHASE_DEFECT
    };
    static const int expected[PYW_PHASES][PYW_PHASE_EVENTS] = {
        /*    STOP RESUME CONFIGURE REMOVE HAND END LEAVE */
        [S] = {T, S, S, R, H, X, L}, [T] = {T, S, T, E, H, X, L}, [R] = {E, R, S, R, R, E, E},
        [H] = {H, H, S, H, H, E, E}, [E] = {X, X, X, E, E, E, E}, [L] = {X, X, X, L, L, L, L},
    };

    for (int from = 0; from < PYW_PHASES; from++) {
        for (int event = 0; event < PYW_PHASE_EVENTS; event++) {
            assert_int_equal(pyw_phase_next((pyw_phase)from, (pyw_phase_event)event), expected[from][event]);
        }
    }
}

static void test_a_group_that_ends_never_serves_again(void **state)
{
    for (int from = PYW_PHASE_ENDING; from < PYW_PHASES; from++) {
        for (int event = 0; event < PYW_PHASE_EVENTS; event++) {
            int next = pyw_phase_next((pyw_phase)from, (pyw_phase_event)event);

            assert_true(next == from || next == PYW_PHASE_DEFECT);
        }
    }
}

static void test_phases_and_events_have_names(void **state)
{
    for (int phase = 0; phase < PYW_PHASES; phase++) {
        assert_non_null(pyw_phase_name((pyw_phase)phase));
    }
    for (int event = 0; event < PYW_PHASE_EVENTS; event++) {
        assert_non_null(pyw_phase_event_name((pyw_phase_event)event));
    }
    assert_string_equal(pyw_phase_name(PYW_PHASE_LEAVING), "LEAVING");
    assert_string_equal(pyw_phase_event_name(PYW_PHASE_LEAVE), "LEAVE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_in_every_phase),
        cmocka_unit_test(test_a_group_that_ends_never_serves_again),
        cmocka_unit_test(test_phases_and_events_have_names),
    };

    return cmocka_run_group_tests_name("group phases", tests, NULL, NULL);
}
