/* SPDX-License-Identifier: Apache-2.0 */
/* A process of httpd is stopped (a debugger, SIGSTOP) while it holds the lock of a group's table. */
#include "any_slots.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { SOON_MS = 100, BUSY_MACHINE_MS = 3000 };

/* Returns a process that has stopped while it holds the lock. When it continues, it unlocks and exits. */
static pid_t stop_a_holder(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        pyw_slots_adopt(table.slots);
        pyw_slots_lock(table.slots);
        raise(SIGSTOP);
        pyw_slots_unlock(table.slots);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    return pid;
}

static void end_holder(pid_t pid, int number)
{
    kill(pid, number);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_a_request_is_refused_in_time_and_the_holder_is_named(void **state)
{
    pid_t holder = stop_a_holder();
    int64_t began = pyw_clock_ms(), since = 0;
    int32_t named = 0;

    enter(&plain, PYW_SLOT_BLOCKED);
    assert_in_range(pyw_clock_ms() - began, PYW_SLOTS_PATIENCE_MS - 1, PYW_SLOTS_PATIENCE_MS + BUSY_MACHINE_MS);
    assert_int_equal(pyw_slots_should_log_blocked(table.slots, &named, &since), 1);
    assert_int_equal(named, holder);
    assert_in_range(since, PYW_SLOTS_PATIENCE_MS - 1, PYW_SLOTS_PATIENCE_MS + BUSY_MACHINE_MS);
    assert_int_equal(pyw_slots_should_log_blocked(table.slots, &named, &since), 0);
    end_holder(holder, SIGKILL);
}

static void test_it_is_refused_sooner_if_its_deadline_is_near(void **state)
{
    const pyw_slot_parameters urgent = {.queue_limit = 10, .patience_ms = 20};
    pid_t holder = stop_a_holder();
    int64_t began = pyw_clock_ms();

    enter(&urgent, PYW_SLOT_BLOCKED);
    assert_in_range(pyw_clock_ms() - began, 19, PYW_SLOTS_PATIENCE_MS - 1);
    end_holder(holder, SIGKILL);
}

/* A hundred requests that each wait for a second would use all threads of httpd. */
static void test_later_requests_do_not_wait_as_long_as_the_first(void **state)
{
    pid_t holder = stop_a_holder();
    int64_t began;

    enter(&plain, PYW_SLOT_BLOCKED);
    began = pyw_clock_ms();
    for (int i = 0; i < 5; i++) {
        enter(&plain, PYW_SLOT_BLOCKED);
    }
    assert_in_range(pyw_clock_ms() - began, 0, PYW_SLOTS_PATIENCE_MS - 1);
    end_holder(holder, SIGKILL);
}

static void test_a_request_that_waits_in_the_queue_learns_of_the_stopped_process(void **state)
{
    pyw_slot waiting;
    pyw_slot_outcome outcome = PYW_SLOT_WAITS;
    int64_t began = pyw_clock_ms();
    pid_t holder;

    enter(&plain, PYW_SLOT_GRANTED);
    enter(&plain, PYW_SLOT_GRANTED);
    waiting = enter(&plain, PYW_SLOT_WAITS);
    holder = stop_a_holder();
    while (outcome == PYW_SLOT_WAITS) {
        outcome = pyw_slots_wait(table.slots, &waiting, SOON_MS);
    }
    assert_int_equal(outcome, PYW_SLOT_BLOCKED);
    assert_in_range(pyw_clock_ms() - began, 0, PYW_SLOTS_PATIENCE_MS + BUSY_MACHINE_MS);
    pyw_slots_leave(table.slots, &waiting, 0);
    end_holder(holder, SIGCONT);
    assert_running_and_waiting(2, 0);
}

/* `number`: SIGCONT, or a signal that kills the holder. */
static void assert_that_it_recovers(int number)
{
    pyw_slot running = enter(&plain, PYW_SLOT_GRANTED), waiting;
    pid_t holder;

    enter(&plain, PYW_SLOT_GRANTED);
    waiting = enter(&plain, PYW_SLOT_WAITS);
    holder = stop_a_holder();
    enter(&plain, PYW_SLOT_BLOCKED);
    pyw_slots_leave(table.slots, &running, 1);
    assert_int_equal(pyw_slots_expected_wait(table.slots), 0);
    pyw_slots_avoid(table.slots, running.worker, 0);
    end_holder(holder, number);
    assert_int_equal(pyw_slots_wait(table.slots, &waiting, BUSY_MACHINE_MS), PYW_SLOT_GRANTED);
    assert_int_equal(waiting.worker, running.worker);
    assert_running_and_waiting(2, 0);
    pyw_slots_leave(table.slots, &waiting, 1);
    enter(&plain, PYW_SLOT_GRANTED);
}

static void test_requests_that_ended_meanwhile_are_counted_when_the_holder_continues(void **state)
{
    assert_that_it_recovers(SIGCONT);
}

static void test_requests_that_ended_meanwhile_are_counted_when_the_holder_is_killed(void **state)
{
    assert_that_it_recovers(SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_request_is_refused_in_time_and_the_holder_is_named),
        TEST(test_it_is_refused_sooner_if_its_deadline_is_near),
        TEST(test_later_requests_do_not_wait_as_long_as_the_first),
        TEST(test_a_request_that_waits_in_the_queue_learns_of_the_stopped_process),
        TEST(test_requests_that_ended_meanwhile_are_counted_when_the_holder_continues),
        TEST(test_requests_that_ended_meanwhile_are_counted_when_the_holder_is_killed),
    };

    return cmocka_run_group_tests_name("slots_blocked", tests, NULL, NULL);
}
