/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include "worker/serve/connection_state.h"

/* A second copy of the table, so that a change of the table is a change in two places. */
static void test_every_event_in_every_state(void **state)
{
    enum {
        F = PYW_CONNECTION_FREE,
        I = PYW_CONNECTION_IDLE,
        B = PYW_CONNECTION_BUSY,
        P = PYW_CONNECTION_PENDING,
        X = PYW_CONNECTION_DEFECT
    };
    static const int expected[PYW_CONNECTION_STATES][PYW_CONNECTION_EVENTS] = {
        /*    ACCEPT INPUT REST DRAIN CLOSE */
        [F] = {B, F, X, F, X},
        [I] = {X, B, X, B, X},
        [B] = {X, P, I, B, F},
        [P] = {X, P, B, P, F},
    };

    for (int from = 0; from < PYW_CONNECTION_STATES; from++) {
        for (int event = 0; event < PYW_CONNECTION_EVENTS; event++) {
            assert_int_equal(pyw_connection_next((pyw_connection_state)from, (pyw_connection_event)event),
                             expected[from][event]);
        }
    }
}

/* Another thread's event makes the owner read again before the connection can rest. */
static void test_no_input_is_lost(void **state)
{
    int next = pyw_connection_next(PYW_CONNECTION_BUSY, PYW_CONNECTION_INPUT);

    next = pyw_connection_next((pyw_connection_state)next, PYW_CONNECTION_REST);
    assert_int_equal(next, PYW_CONNECTION_BUSY);
    assert_int_equal(pyw_connection_next((pyw_connection_state)next, PYW_CONNECTION_REST), PYW_CONNECTION_IDLE);
}

static void test_states_and_events_have_names(void **state)
{
    for (int from = 0; from < PYW_CONNECTION_STATES; from++) {
        assert_non_null(pyw_connection_state_name((pyw_connection_state)from));
    }
    for (int event = 0; event < PYW_CONNECTION_EVENTS; event++) {
        assert_non_null(pyw_connection_event_name((pyw_connection_event)event));
    }
    assert_string_equal(pyw_connection_state_name(PYW_CONNECTION_PENDING), "PENDING");
    assert_string_equal(pyw_connection_event_name(PYW_CONNECTION_CLOSE), "CLOSE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_in_every_state),
        cmocka_unit_test(test_no_input_is_lost),
        cmocka_unit_test(test_states_and_events_have_names),
    };

    return cmocka_run_group_tests_name("connection states", tests, NULL, NULL);
}
