/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include "httpd/backend/relay_state.h"

typedef struct step {
    int from;
    int event;
    int to;
} step;

/* docs/internals/WIRE.md, "From a worker", row by row, and httpd's own events. Every other step is illegal. */
static const step legal_steps[] = {
    {PYW_RELAY_ASKING, PYW_RELAY_ON_TOKEN, PYW_RELAY_UNBEGUN},
    {PYW_RELAY_ASKING, PYW_RELAY_ON_TOKEN_GONE, PYW_RELAY_BEGUN},

    {PYW_RELAY_UNBEGUN, PYW_RELAY_ON_GOAWAY, PYW_RELAY_GOAWAY},
    {PYW_RELAY_UNBEGUN, PYW_RELAY_ON_CLOSED, PYW_RELAY_CLOSED},
    {PYW_RELAY_UNBEGUN, PYW_RELAY_ON_BROKEN, PYW_RELAY_DONE},
    {PYW_RELAY_UNBEGUN, PYW_RELAY_ON_CLIENT_LEFT, PYW_RELAY_TAKEN_BACK},
    {PYW_RELAY_UNBEGUN, PYW_RELAY_ON_DEADLINE, PYW_RELAY_TAKEN_BACK},
    {PYW_RELAY_UNBEGUN, PYW_RELAY_ON_SILENCE, PYW_RELAY_TAKEN_BACK},
    {PYW_RELAY_UNBEGUN, PYW_RELAY_ON_BODY_FAILED, PYW_RELAY_TAKEN_BACK},

    {PYW_RELAY_BEGUN, PYW_RELAY_ON_TAKEN, PYW_RELAY_BEGUN},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_LOG, PYW_RELAY_BEGUN},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_INTERIM, PYW_RELAY_BEGUN},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_CONTINUE, PYW_RELAY_BEGUN},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_HEAD, PYW_RELAY_ANSWERING},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_ERROR, PYW_RELAY_DONE},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_CLOSED, PYW_RELAY_DONE},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_BROKEN, PYW_RELAY_DONE},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_CLIENT_LEFT, PYW_RELAY_ABANDONED},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_DEADLINE, PYW_RELAY_ABANDONED},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_SILENCE, PYW_RELAY_ABANDONED},
    {PYW_RELAY_BEGUN, PYW_RELAY_ON_BODY_FAILED, PYW_RELAY_ABANDONED},

    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_LOG, PYW_RELAY_ANSWERING},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_CONTINUE, PYW_RELAY_ANSWERING},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_BODY, PYW_RELAY_ANSWERING},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_LAST, PYW_RELAY_ANSWERED},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_END, PYW_RELAY_DONE},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_ERROR, PYW_RELAY_DONE},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_CLOSED, PYW_RELAY_DONE},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_BROKEN, PYW_RELAY_DONE},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_CLIENT_LEFT, PYW_RELAY_ABANDONED},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_DEADLINE, PYW_RELAY_ABANDONED},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_SILENCE, PYW_RELAY_ABANDONED},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_BODY_FAILED, PYW_RELAY_ABANDONED},
    {PYW_RELAY_ANSWERING, PYW_RELAY_ON_LONG_HEADER, PYW_RELAY_ABANDONED},

    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_LOG, PYW_RELAY_ANSWERED},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_CONTINUE, PYW_RELAY_ANSWERED},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_END, PYW_RELAY_DONE},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_ERROR, PYW_RELAY_DONE},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_CLOSED, PYW_RELAY_DONE},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_BROKEN, PYW_RELAY_DONE},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_CLIENT_LEFT, PYW_RELAY_ABANDONED},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_DEADLINE, PYW_RELAY_ABANDONED},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_SILENCE, PYW_RELAY_ABANDONED},
    {PYW_RELAY_ANSWERED, PYW_RELAY_ON_BODY_FAILED, PYW_RELAY_ABANDONED},

    /* The response is passed on to the client after the worker's END. */
    {PYW_RELAY_DONE, PYW_RELAY_ON_CLOSED, PYW_RELAY_DONE},
    {PYW_RELAY_DONE, PYW_RELAY_ON_BROKEN, PYW_RELAY_DONE},
    {PYW_RELAY_DONE, PYW_RELAY_ON_CLIENT_LEFT, PYW_RELAY_DONE},
    {PYW_RELAY_DONE, PYW_RELAY_ON_DEADLINE, PYW_RELAY_DONE},
};

static const step legal_upload_steps[] = {
    {PYW_UPLOAD_WAITS_BOTH, PYW_UPLOAD_ON_TAKEN, PYW_UPLOAD_WAITS_CONTINUE},
    {PYW_UPLOAD_WAITS_BOTH, PYW_UPLOAD_ON_CONTINUE, PYW_UPLOAD_WAITS_TAKEN},
    {PYW_UPLOAD_WAITS_TAKEN, PYW_UPLOAD_ON_TAKEN, PYW_UPLOAD_FLOWS},
    {PYW_UPLOAD_WAITS_CONTINUE, PYW_UPLOAD_ON_CONTINUE, PYW_UPLOAD_FLOWS},
    {PYW_UPLOAD_FLOWS, PYW_UPLOAD_ON_FULL, PYW_UPLOAD_FULL},
    {PYW_UPLOAD_FLOWS, PYW_UPLOAD_ON_END, PYW_UPLOAD_DONE},
    {PYW_UPLOAD_FLOWS, PYW_UPLOAD_ON_REFUSED, PYW_UPLOAD_DONE},
    {PYW_UPLOAD_FULL, PYW_UPLOAD_ON_WRITABLE, PYW_UPLOAD_FLOWS},
    {PYW_UPLOAD_FULL, PYW_UPLOAD_ON_REFUSED, PYW_UPLOAD_DONE},
    {PYW_UPLOAD_DONE, PYW_UPLOAD_ON_LEFT, PYW_UPLOAD_LEFT},
};

/* The `to` of a legal step, or `otherwise`. */
static int look_up(const step *steps, size_t count, int from, int event, int otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (steps[i].from == from && steps[i].event == event) {
            return steps[i].to;
        }
    }
    return otherwise;
}

static int is_frame(int event)
{
    return event >= PYW_RELAY_ON_TAKEN && event <= PYW_RELAY_ON_GOAWAY;
}

/* A frame is read only after the token's owner is known, and before the relay is over. */
static int expects_frames(int state)
{
    return state >= PYW_RELAY_UNBEGUN && state <= PYW_RELAY_ANSWERED;
}

static int next(int state, int event)
{
    return pyw_relay_next((pyw_relay_state)state, (pyw_relay_event)event);
}

static void test_every_event_in_every_state(void **state)
{
    for (int from = 0; from < PYW_RELAY_STATES; from++) {
        for (int event = 0; event < PYW_RELAY_EVENTS; event++) {
            int illegal = is_frame(event) && expects_frames(from) ? PYW_RELAY_PEERS_FAULT : PYW_RELAY_OUR_BUG;

            assert_int_equal(next(from, event),
                             look_up(legal_steps, sizeof(legal_steps) / sizeof(*legal_steps), from, event, illegal));
        }
    }
}

/* The worker sends TAKEN once, if at all. httpd ends the body once. Other events mean nothing in other states. */
static int illegal_upload_step(int from, int event)
{
    switch (event) {
    case PYW_UPLOAD_ON_TAKEN:
        return PYW_RELAY_PEERS_FAULT;
    case PYW_UPLOAD_ON_END:
    case PYW_UPLOAD_ON_LEFT:
        return PYW_RELAY_OUR_BUG;
    default:
        return from;
    }
}

static void test_every_event_in_every_state_of_an_upload(void **state)
{
    for (int from = 0; from < PYW_UPLOAD_STATES; from++) {
        for (int event = 0; event < PYW_UPLOAD_EVENTS; event++) {
            assert_int_equal(pyw_upload_next((pyw_upload_state)from, (pyw_upload_event)event),
                             look_up(legal_upload_steps, sizeof(legal_upload_steps) / sizeof(*legal_upload_steps), from,
                                     event, illegal_upload_step(from, event)));
        }
    }
}

static void test_a_request_that_was_begun_goes_to_no_other_worker(void **state)
{
    for (int from = PYW_RELAY_BEGUN; from < PYW_RELAY_STATES; from++) {
        for (int event = 0; event < PYW_RELAY_EVENTS; event++) {
            assert_int_not_equal(next(from, event), PYW_RELAY_CLOSED);
            assert_int_not_equal(next(from, event), PYW_RELAY_GOAWAY);
            assert_int_not_equal(next(from, event), PYW_RELAY_TAKEN_BACK);
        }
    }
}

static void test_nothing_leads_back(void **state)
{
    for (int from = 0; from < PYW_RELAY_STATES; from++) {
        for (int event = 0; event < PYW_RELAY_EVENTS; event++) {
            assert_true(next(from, event) < 0 || next(from, event) >= from);
        }
    }
}

/* Else the request's thread would wait for ever. */
static void test_a_lost_worker_or_client_or_the_deadline_ends_every_request(void **state)
{
    static const int events[] = {PYW_RELAY_ON_CLOSED, PYW_RELAY_ON_BROKEN, PYW_RELAY_ON_CLIENT_LEFT,
                                 PYW_RELAY_ON_DEADLINE};

    for (int from = PYW_RELAY_UNBEGUN; from <= PYW_RELAY_DONE; from++) {
        for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
            assert_true(pyw_relay_is_over((pyw_relay_state)next(from, events[i])));
        }
    }
}

static void test_the_relay_is_over_from_DONE_on(void **state)
{
    for (int at = 0; at < PYW_RELAY_STATES; at++) {
        assert_int_equal(pyw_relay_is_over((pyw_relay_state)at), at >= PYW_RELAY_DONE);
    }
}

static void test_states_and_events_have_names(void **state)
{
    static const char *const states[] = {"OUR_BUG",  "PEERS_FAULT", "ASKING",    "UNBEGUN",    "BEGUN",  "ANSWERING",
                                         "ANSWERED", "DONE",        "ABANDONED", "TAKEN_BACK", "CLOSED", "GOAWAY"};
    static const char *const upload_states[] = {"OUR_BUG", "PEERS_FAULT", "WAITS_BOTH", "WAITS_TAKEN", "WAITS_CONTINUE",
                                                "FLOWS",   "FULL",        "DONE",       "LEFT"};

    for (int at = PYW_RELAY_OUR_BUG; at < PYW_RELAY_STATES; at++) {
        assert_string_equal(pyw_relay_state_name(at), states[at - PYW_RELAY_OUR_BUG]);
    }
    for (int at = PYW_RELAY_OUR_BUG; at < PYW_UPLOAD_STATES; at++) {
        assert_string_equal(pyw_upload_state_name(at), upload_states[at - PYW_RELAY_OUR_BUG]);
    }
    for (int event = 0; event < PYW_RELAY_EVENTS; event++) {
        assert_non_null(pyw_relay_event_name((pyw_relay_event)event));
    }
    for (int event = 0; event < PYW_UPLOAD_EVENTS; event++) {
        assert_non_null(pyw_upload_event_name((pyw_upload_event)event));
    }
    assert_string_equal(pyw_relay_event_name(PYW_RELAY_ON_GOAWAY), "GOAWAY");
    assert_string_equal(pyw_relay_event_name(PYW_RELAY_ON_BODY_FAILED), "body failed");
    assert_string_equal(pyw_upload_event_name(PYW_UPLOAD_ON_LEFT), "client closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_in_every_state),
        cmocka_unit_test(test_every_event_in_every_state_of_an_upload),
        cmocka_unit_test(test_a_request_that_was_begun_goes_to_no_other_worker),
        cmocka_unit_test(test_nothing_leads_back),
        cmocka_unit_test(test_a_lost_worker_or_client_or_the_deadline_ends_every_request),
        cmocka_unit_test(test_the_relay_is_over_from_DONE_on),
        cmocka_unit_test(test_states_and_events_have_names),
    };

    return cmocka_run_group_tests_name("relay tables", tests, NULL, NULL);
}
