/* SPDX-License-Identifier: Apache-2.0 */
#include "pyw_any_slots.h"

#include <unistd.h>

#include "httpd/pyw_recall.h"

static const pyw_slot_wish quick = {.may_go_ahead = 1, .queue_limit = 10, .queue_timeout_ms = 30000};

/* Requests take so long that one for each thread may be sent ahead, and both workers get on. */
static void learn(void)
{
    table.slots->service_us = PYW_SLOTS_QUICK_US;
    for (int i = 0; i < 2; i++) {
        pyw_slot slot = enter(&plain, PYW_SLOT_GRANTED);

        pyw_slots_leave(table.slots, &slot, 1);
    }
    table.slots->service_us = PYW_SLOTS_QUICK_US;
}

/* Both workers are busy, *first's with two requests. The second of them is returned. */
static pyw_slot send_one_ahead(pyw_slot *first)
{
    pyw_slot ahead;

    learn();
    *first = enter(&quick, PYW_SLOT_GRANTED);
    enter(&quick, PYW_SLOT_GRANTED);
    ahead = enter(&quick, PYW_SLOT_GRANTED);
    assert_int_equal(ahead.worker, first->worker);
    return ahead;
}

static void test_one_request_for_each_thread_is_sent_ahead(void **state)
{
    pyw_slot running[2], ahead[2], waiting;

    learn();
    for (int i = 0; i < 2; i++) {
        running[i] = enter(&quick, PYW_SLOT_GRANTED);
        assert_false(running[i].is_ahead);
    }
    for (int i = 0; i < 2; i++) {
        ahead[i] = enter(&quick, PYW_SLOT_GRANTED);
        assert_true(ahead[i].is_ahead);
    }
    assert_int_not_equal(ahead[0].worker, ahead[1].worker);
    waiting = enter(&quick, PYW_SLOT_WAITS);
    assert_figures(2, 3);
    pyw_slots_leave(table.slots, &running[1], 1);
    assert_int_equal(pyw_slots_wait(table.slots, &waiting, 0), PYW_SLOT_GRANTED);
    assert_true(waiting.is_ahead);
    assert_int_equal(waiting.worker, running[1].worker);
    assert_figures(2, 2);
    pyw_slots_leave(table.slots, &running[0], 1);
    pyw_slots_leave(table.slots, &ahead[0], 1);
    pyw_slots_leave(table.slots, &ahead[1], 1);
    assert_figures(1, 0);
    running[0] = enter(&plain, PYW_SLOT_GRANTED);
    assert_false(running[0].is_ahead);
}

static void test_the_quicker_they_are_the_more_are_sent_ahead(void **state)
{
    pyw_slot_wish many = quick;
    int count = 0;

    many.queue_limit = 100;
    learn();
    table.slots->service_us = PYW_SLOTS_QUICK_US / 3;
    while (table.slots->waiting == 0) {
        pyw_slot slot;

        count += pyw_slots_enter(table.slots, &many, &slot) == PYW_SLOT_GRANTED;
    }
    assert_int_equal(count, 2 * (1 + 3));
    table.slots->service_us = 1;
    pyw_slots_lock(table.slots);
    pyw_slots_pump(table.slots);
    pyw_slots_unlock(table.slots);
    while (table.slots->waiting == 0) {
        pyw_slot slot;

        count += pyw_slots_enter(table.slots, &many, &slot) == PYW_SLOT_GRANTED;
    }
    assert_int_equal(count + 1, 2 * (1 + PYW_SLOTS_AHEAD_MOST)); /* one was granted by the pump */
}

static void test_of_those_sent_ahead_the_worker_s_pace_tells_how_long_they_take(void **state)
{
    pyw_slot first, ahead = send_one_ahead(&first);

    table.slots->tickets[ahead.ticket].since -= 8 * 1000000;
    pyw_slots_leave(table.slots, &first, 1);
    pyw_slots_leave(table.slots, &ahead, 1); /* that long in front of the worker, and then at once */
    assert_true(table.slots->service_us < PYW_SLOTS_QUICK_US);
}

static void test_none_is_sent_ahead_if_requests_take_long_or_nobody_knows(void **state)
{
    enter(&quick, PYW_SLOT_GRANTED);
    enter(&quick, PYW_SLOT_GRANTED);
    enter(&quick, PYW_SLOT_WAITS);
    pyw_slots_workers(table.slots)[0].ended_at = table.slots->now;
    table.slots->service_us = PYW_SLOTS_QUICK_US + 1;
    enter(&quick, PYW_SLOT_WAITS);
    assert_figures(2, 2);
}

static void test_none_is_sent_ahead_to_a_worker_that_does_not_get_on(void **state)
{
    pyw_slot ahead;

    learn();
    enter(&quick, PYW_SLOT_GRANTED);
    enter(&quick, PYW_SLOT_GRANTED);
    table.slots->service_us = 1;
    pyw_slots_workers(table.slots)[0].ended_at -= (PYW_SLOTS_AHEAD_MS + 1) * 1000;
    for (int i = 0; i < PYW_SLOTS_AHEAD_MOST; i++) {
        ahead = enter(&quick, PYW_SLOT_GRANTED);
        assert_int_equal(ahead.worker, pyw_slots_workers(table.slots)[1].serial);
    }
    enter(&quick, PYW_SLOT_WAITS);
}

static void test_what_was_taken_back_waits_before_all_others(void **state)
{
    const pyw_slot_wish again = {.is_repeated = 1, .queue_limit = 10};
    pyw_slot running, ahead, back, other;

    learn();
    running = enter(&quick, PYW_SLOT_GRANTED);
    enter(&quick, PYW_SLOT_GRANTED);
    ahead = enter(&quick, PYW_SLOT_GRANTED);
    assert_true(ahead.is_ahead);
    pyw_slots_leave(table.slots, &ahead, 0);
    back = enter(&again, PYW_SLOT_WAITS);
    other = enter(&quick, PYW_SLOT_WAITS); /* is not sent ahead of the one that waits */
    pyw_slots_leave(table.slots, &running, 1);
    assert_int_equal(pyw_slots_wait(table.slots, &back, 0), PYW_SLOT_GRANTED);
    assert_false(back.is_ahead);
    assert_int_equal(pyw_slots_wait(table.slots, &other, 0), PYW_SLOT_GRANTED);
    assert_true(other.is_ahead);
}

static void test_what_was_taken_back_is_not_refused(void **state)
{
    const pyw_slot_wish again = {.is_repeated = 1};
    pyw_slot ahead;

    learn();
    enter(&quick, PYW_SLOT_GRANTED);
    enter(&quick, PYW_SLOT_GRANTED);
    ahead = enter(&quick, PYW_SLOT_GRANTED);
    pyw_slots_leave(table.slots, &ahead, 0);
    enter(&again, PYW_SLOT_WAITS);
}

static void test_a_request_is_misplaced_if_another_worker_could_begin_it(void **state)
{
    pyw_slot first, second, ahead;

    learn();
    first = enter(&quick, PYW_SLOT_GRANTED);
    second = enter(&quick, PYW_SLOT_GRANTED);
    ahead = enter(&quick, PYW_SLOT_GRANTED);
    assert_false(pyw_slots_is_misplaced(table.slots, &ahead));
    if (ahead.worker == first.worker) {
        first = second;
    }
    pyw_slots_leave(table.slots, &first, 1);
    assert_true(pyw_slots_is_misplaced(table.slots, &ahead));
}

static void test_who_sent_a_request_ahead_is_told_when_another_worker_is_idle(void **state)
{
    const pyw_slot_wish told = {.owner = (int32_t)getpid(), .thread = pyw_recall_thread(), .may_go_ahead = 1,
                                .queue_limit = 10};
    pyw_slot first, second, ahead;

    learn();
    first = enter(&told, PYW_SLOT_GRANTED);
    second = enter(&told, PYW_SLOT_GRANTED);
    ahead = enter(&told, PYW_SLOT_GRANTED);
    table.slots->tickets[ahead.ticket].since++; /* the clock has no finer steps */
    if (ahead.worker == first.worker) {
        first = second;
    }
    assert_false(pyw_slots_is_recalled(table.slots, &ahead));
    pyw_slots_leave(table.slots, &first, 1);
    assert_true(pyw_slots_is_recalled(table.slots, &ahead));
    assert_true(pyw_slots_is_misplaced(table.slots, &ahead));
    enter(&told, PYW_SLOT_GRANTED);
    assert_false(pyw_slots_is_misplaced(table.slots, &ahead)); /* somebody else was quicker */
    assert_false(pyw_slots_is_recalled(table.slots, &ahead));
}

static void test_of_those_whose_thread_is_gone_nobody_is_told(void **state)
{
    const pyw_slot_wish told = {.owner = (int32_t)getpid(), .thread = pyw_recall_thread(), .may_go_ahead = 1,
                                .queue_limit = 10};
    pyw_slot_wish gone = told;
    pyw_slot running[2], ahead;

    gone.thread = INT32_MAX;
    learn();
    for (int i = 0; i < 2; i++) {
        running[i] = enter(&told, PYW_SLOT_GRANTED);
    }
    ahead = enter(&gone, PYW_SLOT_GRANTED);
    table.slots->tickets[ahead.ticket].since++;
    pyw_slots_leave(table.slots, &running[ahead.worker == running[0].worker], 1);
    assert_true(pyw_slots_is_recalled(table.slots, &running[ahead.worker != running[0].worker])); /* the next one */
}

static void test_a_request_is_misplaced_if_it_has_been_in_front_of_a_busy_worker_for_long(void **state)
{
    pyw_slot first, ahead = send_one_ahead(&first);

    table.slots->tickets[ahead.ticket].since -= PYW_SLOTS_AHEAD_MS * 1000;
    assert_true(pyw_slots_is_misplaced(table.slots, &ahead));
    assert_false(pyw_slots_is_misplaced(table.slots, &first));
    pyw_slots_leave(table.slots, &first, 1);
    assert_false(pyw_slots_is_misplaced(table.slots, &ahead)); /* a thread of its own: it is about to be begun */
}

static void test_queue_limit_counts_those_that_were_sent_ahead(void **state)
{
    const pyw_slot_wish one = {.may_go_ahead = 1, .queue_limit = 1}, none = {.may_go_ahead = 1};
    pyw_slot ahead;

    learn();
    enter(&one, PYW_SLOT_GRANTED);
    enter(&one, PYW_SLOT_GRANTED);
    enter(&none, PYW_SLOT_FULL);
    ahead = enter(&one, PYW_SLOT_GRANTED);
    assert_true(ahead.is_ahead);
    enter(&one, PYW_SLOT_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_request_for_each_thread_is_sent_ahead),
        TEST(test_the_quicker_they_are_the_more_are_sent_ahead),
        TEST(test_of_those_sent_ahead_the_worker_s_pace_tells_how_long_they_take),
        TEST(test_none_is_sent_ahead_if_requests_take_long_or_nobody_knows),
        TEST(test_none_is_sent_ahead_to_a_worker_that_does_not_get_on),
        TEST(test_what_was_taken_back_waits_before_all_others),
        TEST(test_what_was_taken_back_is_not_refused),
        TEST(test_a_request_is_misplaced_if_another_worker_could_begin_it),
        TEST(test_who_sent_a_request_ahead_is_told_when_another_worker_is_idle),
        TEST(test_of_those_whose_thread_is_gone_nobody_is_told),
        TEST(test_a_request_is_misplaced_if_it_has_been_in_front_of_a_busy_worker_for_long),
        TEST(test_queue_limit_counts_those_that_were_sent_ahead),
    };

    return cmocka_run_group_tests_name("slots_ahead", tests, NULL, NULL);
}
