/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that exceed their deadline, or whose client leaves. */
#include "test_engine.h"

#include <string.h>
#include <time.h>

enum { BUSY_MACHINE_MS = 10000 }; /* /run would never end */

static const char *const groups[] = {"", "late"};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Runs a GET with a deadline in `ms`. */
static void get_by(memory_exchange *got, const char *group, const char *path, int ms)
{
    memory_exchange_init(got, "GET", path);
    got->base.arrival = now_ms() * 1000;
    got->base.deadline = ms > 0 ? now_ms() + ms : 0;
    got->base.id = "id7";
    host_log_clear();
    host_run(host_script("late.wsgi", group), got);
}

/* The report may be written shortly after the end of the request. */
static void assert_logged(const char *words)
{
    if (!host_log_wait(words)) {
        fail_msg("'%s' is not in: %s", words, host_log());
    }
}

static void a_thread_is_reported_and_interrupted(void **state)
{
    for (int i = 0; i < 2; i++) {
        memory_exchange got;
        int64_t begun = now_ms();

        get_by(&got, groups[i], "/run", 100);
        assert_in_range(now_ms() - begun, 90, BUSY_MACHINE_MS);
        assert_int_equal(got.outcome, PYW_ERROR);
        assert_int_equal(got.error_status, 504);
        assert_int_equal(got.finished, 1);
        assert_logged("<3> PYW0620: GET /run [id7]: not answered in time");
        assert_logged("late.wsgi\", line 11, in run\n");
        assert_non_null(strstr(memory_log(&got), "<6> PYW0624"));
        memory_exchange_free(&got);
    }
}

static void what_was_caught_is_too_late(void **state)
{
    memory_exchange got;

    get_by(&got, "", "/catch", 50);
    assert_int_equal(got.outcome, PYW_ERROR);
    assert_int_equal(got.error_status, 504);
    assert_int_equal(got.sends, 0);
    memory_exchange_free(&got);
}

static void a_generator_is_closed_and_its_response_cut(void **state)
{
    memory_exchange got;

    get_by(&got, "late", "/generate", 100);
    assert_int_equal(got.outcome, PYW_TRUNCATED);
    assert_string_equal(memory_content(&got), "first");
    assert_non_null(strstr(memory_log(&got), "<5> closed"));
    memory_exchange_free(&got);
}

static void the_host_is_told_of_a_thread_that_stays(void **state)
{
    memory_exchange got;

    host_overdue = 0;
    get_by(&got, "", "/sleep", 100);
    assert_int_equal(host_overdue, 1);
    assert_int_equal(host_engine->overdue(), 0);
    assert_logged("PYW0623: GET /sleep [id7]: the thread still runs");
    assert_logged("it is blocked in C code");
    assert_int_equal(got.error_status, 504);
    memory_exchange_free(&got);
}

static void the_next_request_of_the_thread_is_not_hit(void **state)
{
    for (int i = 0; i < 100; i++) {
        memory_exchange got;

        get_by(&got, groups[i % 2], "/near", 5);
        assert_true(got.outcome == PYW_DONE || got.error_status == 504);
        memory_exchange_free(&got);
        get_by(&got, groups[i % 2], "/compute", 0);
        assert_int_equal(got.outcome, PYW_DONE);
        assert_string_equal(memory_content(&got), "6890");
        memory_exchange_free(&got);
    }
}

static void a_thread_whose_client_left_is_interrupted(void **state)
{
    for (int i = 0; i < 2; i++) {
        memory_exchange got;
        int64_t begun = now_ms();

        memory_exchange_init(&got, "GET", "/run");
        got.base.interrupts_gone = 1;
        got.read_end = PYW_GONE;
        host_log_clear();
        host_run(host_script("late.wsgi", groups[i]), &got);
        assert_in_range(now_ms() - begun, 100, BUSY_MACHINE_MS);
        assert_logged("<6> PYW0621: GET /run [-]: the client left");
        assert_non_null(strstr(memory_log(&got), "<6> PYW0604"));
        assert_null(strstr(host_log(), "<3>"));
        assert_null(strstr(memory_log(&got), "<3>"));
        memory_exchange_free(&got);
    }
}

const struct CMUnitTest deadline_tests[] = {
    cmocka_unit_test(a_thread_is_reported_and_interrupted),
    cmocka_unit_test(what_was_caught_is_too_late),
    cmocka_unit_test(a_generator_is_closed_and_its_response_cut),
    cmocka_unit_test(the_host_is_told_of_a_thread_that_stays),
    cmocka_unit_test(the_next_request_of_the_thread_is_not_hit),
    cmocka_unit_test(a_thread_whose_client_left_is_interrupted),
};
const size_t deadline_test_count = sizeof(deadline_tests) / sizeof(deadline_tests[0]);
