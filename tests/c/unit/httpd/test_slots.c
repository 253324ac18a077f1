/* SPDX-License-Identifier: Apache-2.0 */
#include "any_slots.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { LONG_MS = 5000 };

static void test_a_free_worker_is_taken_at_once_and_each_once(void **state)
{
    pyw_slot first = enter(&plain, PYW_SLOT_GRANTED), second = enter(&plain, PYW_SLOT_GRANTED);

    assert_int_not_equal(first.worker, second.worker);
    assert_running_and_waiting(2, 0);
}

static void test_the_worker_with_most_idle_threads_is_chosen(void **state)
{
    static const pyw_worker_list_status running = {.state = PYW_GROUP_RUNNING};
    static const pyw_worker_list_worker workers[] = {{101, 2, 1001}, {102, 4, 1002}};

    pyw_worker_list_write(table.worker_list, &running, workers, 2);
    assert_int_equal(enter(&plain, PYW_SLOT_GRANTED).worker, 102);
    assert_int_equal(enter(&plain, PYW_SLOT_GRANTED).worker, 102);
    assert_int_equal(enter(&plain, PYW_SLOT_GRANTED).worker, 101);
}

/* The single queue: a waiting request gets the first thread that becomes free, in any worker. */
static void test_nobody_waits_while_a_worker_is_idle(void **state)
{
    pyw_slot running[2] = {enter(&plain, PYW_SLOT_GRANTED), enter(&plain, PYW_SLOT_GRANTED)};
    pyw_slot first = enter(&plain, PYW_SLOT_WAITS), second = enter(&plain, PYW_SLOT_WAITS);

    pyw_slots_leave(table.slots, &running[1], 1);
    assert_int_equal(pyw_slots_wait(table.slots, &second, 0), PYW_SLOT_WAITS);
    assert_int_equal(pyw_slots_wait(table.slots, &first, 0), PYW_SLOT_GRANTED);
    assert_int_equal(first.worker, running[1].worker);
    pyw_slots_leave(table.slots, &running[0], 1);
    assert_int_equal(pyw_slots_wait(table.slots, &second, 0), PYW_SLOT_GRANTED);
    assert_int_equal(second.worker, running[0].worker);
    assert_running_and_waiting(2, 0);
}

static void test_high_priority_goes_ahead_and_a_retry_before_its_likes(void **state)
{
    const pyw_slot_parameters high = {.is_high = 1, .queue_limit = 10}, again = {.is_repeated = 1, .queue_limit = 10};
    pyw_slot busy = enter(&plain, PYW_SLOT_GRANTED);
    pyw_slot order[3];

    enter(&plain, PYW_SLOT_GRANTED);
    order[2] = enter(&plain, PYW_SLOT_WAITS);
    order[1] = enter(&again, PYW_SLOT_WAITS);
    order[0] = enter(&high, PYW_SLOT_WAITS);
    for (int i = 0; i < 3; i++) {
        pyw_slots_leave(table.slots, &busy, 1);
        assert_int_equal(pyw_slots_wait(table.slots, &order[i], 0), PYW_SLOT_GRANTED);
        busy = order[i];
    }
}

static void test_a_new_request_learns_the_number_of_requests(void **state)
{
    pyw_slot first = enter(&plain, PYW_SLOT_GRANTED);

    assert_int_equal(first.requests, 1);
    assert_int_equal(enter(&plain, PYW_SLOT_GRANTED).requests, 2);
    assert_int_equal(enter(&plain, PYW_SLOT_WAITS).requests, 3);
    pyw_slots_leave(table.slots, &first, 1);
    assert_int_equal(enter(&plain, PYW_SLOT_WAITS).requests, 3);
}

static void test_a_full_queue_refuses(void **state)
{
    const pyw_slot_parameters two = {.queue_limit = 2}, none = {.queue_limit = 0};

    enter(&none, PYW_SLOT_GRANTED);
    enter(&none, PYW_SLOT_GRANTED);
    enter(&none, PYW_SLOT_FULL);
    enter(&two, PYW_SLOT_WAITS);
    enter(&two, PYW_SLOT_WAITS);
    enter(&two, PYW_SLOT_FULL);
    assert_running_and_waiting(2, 2);
}

static void test_a_wait_that_would_be_too_long_is_refused(void **state)
{
    const pyw_slot_parameters hasty = {.queue_limit = 10, .queue_timeout_ms = 1};
    pyw_slot slot = enter(&plain, PYW_SLOT_GRANTED);
    pyw_ticket *ticket = &table.slots->tickets[slot.ticket];

    ticket->since -= 10 * 1000 * 1000; /* as if the request had taken 10 s */
    pyw_slots_leave(table.slots, &slot, 1);
    enter(&hasty, PYW_SLOT_GRANTED);
    enter(&hasty, PYW_SLOT_GRANTED);
    enter(&hasty, PYW_SLOT_TOO_LATE);
    enter(&plain, PYW_SLOT_WAITS);
    assert_true(pyw_slots_expected_wait(table.slots) >= 5000);
}

static void test_a_location_keeps_to_its_limit_without_holding_others_up(void **state)
{
    const pyw_slot_parameters slow = {.location = 3, .location_limit = 1, .queue_limit = 10};
    pyw_slot first = enter(&slow, PYW_SLOT_GRANTED), second = enter(&slow, PYW_SLOT_WAITS);

    enter(&plain, PYW_SLOT_GRANTED);
    assert_int_equal(pyw_slots_wait(table.slots, &second, 0), PYW_SLOT_WAITS);
    pyw_slots_leave(table.slots, &first, 1);
    assert_int_equal(pyw_slots_wait(table.slots, &second, 0), PYW_SLOT_GRANTED);
}

static void test_reserved_threads_are_for_high_priority(void **state)
{
    const pyw_slot_parameters normal = {.reserve = 1, .queue_limit = 10}, high = {.is_high = 1, .reserve = 1};

    enter(&normal, PYW_SLOT_GRANTED);
    enter(&normal, PYW_SLOT_WAITS);
    enter(&high, PYW_SLOT_GRANTED);
}

static void test_one_request_runs_even_if_all_is_reserved(void **state)
{
    const pyw_slot_parameters normal = {.reserve = 100, .queue_limit = 10};

    enter(&normal, PYW_SLOT_GRANTED);
    enter(&normal, PYW_SLOT_WAITS);
}

static void test_a_request_that_gives_up_leaves_no_trace(void **state)
{
    pyw_slot slot;

    enter(&plain, PYW_SLOT_GRANTED);
    enter(&plain, PYW_SLOT_GRANTED);
    slot = enter(&plain, PYW_SLOT_WAITS);
    assert_int_equal(pyw_slots_wait(table.slots, &slot, 1), PYW_SLOT_WAITS);
    pyw_slots_leave(table.slots, &slot, 0);
    assert_running_and_waiting(2, 0);
}

static void test_without_a_worker_the_queue_keeps_its_order_and_its_limit(void **state)
{
    const pyw_slot_parameters two = {.queue_limit = 2};
    pyw_slot first, second;

    list_nobody(PYW_GROUP_STARTING, 0);
    first = enter(&two, PYW_SLOT_WAITS);
    second = enter(&two, PYW_SLOT_WAITS);
    enter(&two, PYW_SLOT_FULL);
    assert_running_and_waiting(0, 2);
    list_workers(1, 1);
    assert_int_equal(pyw_slots_wait(table.slots, &first, LONG_MS), PYW_SLOT_GRANTED);
    assert_int_equal(pyw_slots_wait(table.slots, &second, 0), PYW_SLOT_WAITS);
}

static void test_a_group_that_is_down_refuses_new_and_waiting_requests(void **state)
{
    static const pyw_group_state states[] = {PYW_GROUP_DOWN, PYW_GROUP_STOPPING, PYW_GROUP_STOPPED, PYW_GROUP_REMOVED};

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        pyw_slot slot;

        list_nobody(PYW_GROUP_STARTING, 0);
        slot = enter(&plain, PYW_SLOT_WAITS);
        list_nobody(states[i], pyw_clock_ms() + LONG_MS);
        assert_int_equal(pyw_slots_wait(table.slots, &slot, LONG_MS), PYW_SLOT_DOWN);
        pyw_slots_leave(table.slots, &slot, 0);
        enter(&plain, PYW_SLOT_DOWN);
        assert_running_and_waiting(0, 0);
    }
}

static void test_workers_that_are_listed_serve_whatever_the_state_is(void **state)
{
    static const pyw_worker_list_status removed = {.state = PYW_GROUP_REMOVED};
    static const pyw_worker_list_worker worker = {101, 1, 1001};

    pyw_worker_list_write(table.worker_list, &removed, &worker, 1);
    enter(&plain, PYW_SLOT_GRANTED);
    enter(&plain, PYW_SLOT_WAITS);
}

static void test_a_manager_that_died_keeps_nobody_down(void **state)
{
    list_nobody(PYW_GROUP_DOWN, pyw_clock_ms() + 3000);
    enter(&plain, PYW_SLOT_DOWN);
    assert_in_range(pyw_slots_expected_wait(table.slots), 2000, 3000);
    list_nobody(PYW_GROUP_DOWN, pyw_clock_ms() - 1);
    enter(&plain, PYW_SLOT_WAITS);
}

static void test_only_a_group_that_is_asleep_is_to_be_woken(void **state)
{
    for (unsigned i = 0; i < PYW_GROUP_STATES; i++) {
        list_nobody((pyw_group_state)i, 0);
        pyw_slots_expected_wait(table.slots);
        assert_int_equal(pyw_slots_are_asleep(table.slots), i == PYW_GROUP_ASLEEP);
    }
}

/* Waiting requests detect it although no request ends. */
static void test_a_new_worker_takes_the_waiting_requests(void **state)
{
    pyw_slot slot;

    enter(&plain, PYW_SLOT_GRANTED);
    enter(&plain, PYW_SLOT_GRANTED);
    slot = enter(&plain, PYW_SLOT_WAITS);
    list_workers(3, 1);
    assert_int_equal(pyw_slots_wait(table.slots, &slot, LONG_MS), PYW_SLOT_GRANTED);
    assert_int_equal(slot.worker, 103);
}

/* Otherwise the lock would be taken n times as often with n waiting requests. */
static void test_only_the_first_in_the_queue_maintains_it_while_it_lives(void **state)
{
    pyw_slot first, second;
    int64_t locked_at;

    enter(&plain, PYW_SLOT_GRANTED);
    enter(&plain, PYW_SLOT_GRANTED);
    first = enter(&plain, PYW_SLOT_WAITS);
    second = enter(&plain, PYW_SLOT_WAITS);
    assert_int_equal(pyw_slots_wait(table.slots, &first, 1), PYW_SLOT_WAITS);
    locked_at = table.slots->now;
    assert_int_equal(pyw_slots_wait(table.slots, &second, 1), PYW_SLOT_WAITS);
    assert_int_equal(table.slots->now, locked_at);
    table.slots->owners_checked_at = 0; /* as if the first were stopped */
    assert_int_equal(pyw_slots_wait(table.slots, &second, 1), PYW_SLOT_WAITS);
    assert_true(table.slots->now > locked_at);
}

static void test_a_dead_worker_is_avoided_until_the_worker_list_changes(void **state)
{
    pyw_slots_avoid(table.slots, 101, 1);
    assert_int_equal(enter(&plain, PYW_SLOT_GRANTED).worker, 102);
    enter(&plain, PYW_SLOT_WAITS);
    list_workers(2, 1);
    assert_int_equal(enter(&plain, PYW_SLOT_WAITS).worker, 0);
    assert_running_and_waiting(2, 1); /* the waiting request was first */
}

static void test_a_worker_that_takes_nothing_is_not_avoided_for_ever(void **state)
{
    pyw_slot slot;

    pyw_slots_avoid(table.slots, 101, 0);
    pyw_slots_avoid(table.slots, 102, 0);
    slot = enter(&plain, PYW_SLOT_WAITS);
    pyw_slots_workers(table.slots)[0].avoided_until -= 1000 * 1000;
    assert_int_equal(pyw_slots_wait(table.slots, &slot, LONG_MS), PYW_SLOT_GRANTED);
    assert_int_equal(slot.worker, 101);
}

/* Runs `act` in a child process, which then dies. */
static void in_a_process_that_dies(void (*act)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        act();
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void take_both(void)
{
    pyw_slot slot;

    pyw_slots_enter(table.slots, &plain, &slot);
    pyw_slots_enter(table.slots, &plain, &slot);
    pyw_slots_enter(table.slots, &plain, &slot);
}

static void test_slots_of_a_dead_process_are_recovered(void **state)
{
    pyw_slot slot;

    in_a_process_that_dies(take_both);
    assert_running_and_waiting(2, 1);
    slot = enter(&plain, PYW_SLOT_WAITS);
    assert_int_equal(pyw_slots_wait(table.slots, &slot, LONG_MS), PYW_SLOT_GRANTED);
    assert_running_and_waiting(1, 0);
}

static void die_with_the_lock(void)
{
    pyw_slot slot;

    pyw_slots_enter(table.slots, &plain, &slot);
    pyw_slots_lock(table.slots);
    table.slots->running = 77; /* it had begun to change the table */
    table.slots->queue_first = 5;
}

static void test_a_process_that_dies_with_the_lock_harms_nobody(void **state)
{
    pyw_slot own = enter(&plain, PYW_SLOT_GRANTED);

    in_a_process_that_dies(die_with_the_lock);
    assert_running_and_waiting(2, 0);
    pyw_slots_leave(table.slots, &own, 1);
    assert_running_and_waiting(1, 0);
}

static void work_and_die(void)
{
    for (;;) {
        pyw_slot slot;
        pyw_slot_outcome outcome = pyw_slots_enter(table.slots, &plain, &slot);

        if (outcome == PYW_SLOT_WAITS) {
            outcome = pyw_slots_wait(table.slots, &slot, 1);
        }
        if (outcome == PYW_SLOT_GRANTED || outcome == PYW_SLOT_WAITS) {
            pyw_slots_leave(table.slots, &slot, outcome == PYW_SLOT_GRANTED);
        }
    }
}

/* Until this number of further requests: another point of their work in each round. */
static void wait_for_entries(int count)
{
    uint64_t until = table.slots->next_order + (uint64_t)count;

    while (*(volatile uint64_t *)&table.slots->next_order < until) {
        sched_yield();
    }
}

/* The queue may be full of tickets of dead processes, which are detected twice a second. */
static pyw_slot enter_at_last(void)
{
    int64_t deadline = pyw_clock_ms() + LONG_MS;
    pyw_slot slot = {0};
    pyw_slot_outcome outcome = PYW_SLOT_FULL;

    while (outcome == PYW_SLOT_FULL && pyw_clock_ms() < deadline) {
        outcome = pyw_slots_enter(table.slots, &plain, &slot);
    }
    if (outcome == PYW_SLOT_WAITS) {
        outcome = pyw_slots_wait(table.slots, &slot, LONG_MS);
    }
    assert_int_equal(outcome, PYW_SLOT_GRANTED);
    return slot;
}

/* Four processes that send requests as fast as possible, and are killed at random points. */
static void test_a_hundred_kills_at_random_lose_no_slot(void **state)
{
    pid_t pids[4];

    for (int round = 0; round < 25; round++) {
        for (int i = 0; i < 4; i++) {
            pids[i] = fork();
            if (pids[i] == 0) {
                work_and_die();
            }
        }
        wait_for_entries(50 + 37 * round);
        for (int i = 0; i < 4; i++) {
            kill(pids[i], SIGKILL);
            waitpid(pids[i], NULL, 0);
        }
    }
    for (int i = 0; i < 2; i++) {
        enter_at_last();
    }
    assert_running_and_waiting(2, 0);
}

static void test_slots_of_an_earlier_process_with_the_same_id_are_recovered(void **state)
{
    pyw_slot slot;

    take_both();
    assert_running_and_waiting(2, 1);
    pyw_slots_adopt(table.slots);
    assert_running_and_waiting(2, 0); /* the workers may still be busy */
    slot = enter(&plain, PYW_SLOT_WAITS);
    assert_int_equal(pyw_slots_wait(table.slots, &slot, LONG_MS), PYW_SLOT_GRANTED);
    assert_running_and_waiting(1, 0);
}

static void test_refusals_are_reported_once_a_second(void **state)
{
    uint32_t count = 0;

    assert_int_equal(pyw_slots_count_refusal(table.slots, &count), 1);
    assert_int_equal(count, 1);
    assert_int_equal(pyw_slots_count_refusal(table.slots, &count), 0);
    table.slots->refused_at -= 1000;
    assert_int_equal(pyw_slots_count_refusal(table.slots, &count), 1);
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_free_worker_is_taken_at_once_and_each_once),
        TEST(test_the_worker_with_most_idle_threads_is_chosen),
        TEST(test_nobody_waits_while_a_worker_is_idle),
        TEST(test_high_priority_goes_ahead_and_a_retry_before_its_likes),
        TEST(test_a_new_request_learns_the_number_of_requests),
        TEST(test_a_full_queue_refuses),
        TEST(test_a_wait_that_would_be_too_long_is_refused),
        TEST(test_a_location_keeps_to_its_limit_without_holding_others_up),
        TEST(test_reserved_threads_are_for_high_priority),
        TEST(test_one_request_runs_even_if_all_is_reserved),
        TEST(test_a_request_that_gives_up_leaves_no_trace),
        TEST(test_without_a_worker_the_queue_keeps_its_order_and_its_limit),
        TEST(test_a_group_that_is_down_refuses_new_and_waiting_requests),
        TEST(test_workers_that_are_listed_serve_whatever_the_state_is),
        TEST(test_a_manager_that_died_keeps_nobody_down),
        TEST(test_only_a_group_that_is_asleep_is_to_be_woken),
        TEST(test_a_new_worker_takes_the_waiting_requests),
        TEST(test_only_the_first_in_the_queue_maintains_it_while_it_lives),
        TEST(test_a_dead_worker_is_avoided_until_the_worker_list_changes),
        TEST(test_a_worker_that_takes_nothing_is_not_avoided_for_ever),
        TEST(test_slots_of_a_dead_process_are_recovered),
        TEST(test_a_process_that_dies_with_the_lock_harms_nobody),
        TEST(test_a_hundred_kills_at_random_lose_no_slot),
        TEST(test_slots_of_an_earlier_process_with_the_same_id_are_recovered),
        TEST(test_refusals_are_reported_once_a_second),
    };

    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
