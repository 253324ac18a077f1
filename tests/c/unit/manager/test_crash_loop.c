/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdio.h>
#include <string.h>

#include "manager/group/crash_loop.h"

enum { MINUTE = PYW_CRASH_LOOP_MS };

static pyw_crash_loop crash_loop;

static int start_empty(void **state)
{
    memset(&crash_loop, 0, sizeof(crash_loop));
    return 0;
}

static const char *note(const char *line, int64_t now)
{
    const pyw_crash_suspect *named = pyw_crash_loop_note(&crash_loop, line, (int)strlen(line), now);

    return named != NULL ? named->line : NULL;
}

static void test_the_third_death_within_a_minute_names_the_line(void **state)
{
    assert_null(note("GET /a", 1000));
    assert_null(note("GET /a", 2000));
    assert_string_equal(note("GET /a", 3000), "GET /a");
}

static void test_it_is_named_once_a_minute(void **state)
{
    for (int64_t now = 1000; now <= 3000; now += 1000) {
        note("GET /a", now);
    }
    for (int64_t now = 4000; now < 3000 + MINUTE; now += 1000) {
        assert_null(note("GET /a", now));
    }
    assert_string_equal(note("GET /a", 3000 + MINUTE), "GET /a");
}

static void test_three_deaths_in_more_than_a_minute_are_nothing(void **state)
{
    for (int64_t now = 1000; now < 20 * MINUTE; now += MINUTE / 2) {
        assert_null(note("GET /a", now));
    }
}

static void test_several_threads_of_one_worker_are_one_death(void **state)
{
    for (int thread = 0; thread < 10; thread++) {
        assert_null(note("GET /a", 1000));
    }
    assert_null(note("GET /a", 2000));
    assert_non_null(note("GET /a", 3000));
}

static void test_the_query_does_not_matter(void **state)
{
    assert_null(note("GET /a?1", 1000));
    assert_null(note("GET /a?2", 2000));
    assert_string_equal(note("GET /a", 3000), "GET /a");
    assert_null(note("POST /a", 3000));
}

static void test_others_do_not_push_it_out_soon(void **state)
{
    char line[32];

    note("GET /a", 1000);
    note("GET /a", 2000);
    for (int other = 0; other < PYW_CRASH_LOOP_MOST - 1; other++) {
        snprintf(line, sizeof(line), "GET /other/%d", other);
        assert_null(note(line, 2001 + other));
    }
    assert_non_null(note("GET /a", 3000));
}

static void test_the_one_not_heard_of_for_longest_makes_room(void **state)
{
    char line[32];

    note("GET /a", 1000);
    note("GET /a", 2000);
    for (int other = 0; other < PYW_CRASH_LOOP_MOST; other++) {
        snprintf(line, sizeof(line), "GET /other/%d", other);
        assert_null(note(line, 2001 + other));
    }
    assert_null(note("GET /a", 3000));
}

/* The text comes from a worker: it may lack a NUL, and be longer than an entry. */
static void test_the_length_is_kept(void **state)
{
    char text[2 * PYW_CRASH_LOOP_LINE];

    memset(text, 'x', sizeof(text));
    for (int64_t now = 1000; now <= 2000; now += 1000) {
        assert_null(pyw_crash_loop_note(&crash_loop, text, sizeof(text), now));
    }
    assert_int_equal(strlen(pyw_crash_loop_note(&crash_loop, text, sizeof(text), 3000)->line), PYW_CRASH_LOOP_LINE - 1);
    assert_null(pyw_crash_loop_note(&crash_loop, "", 0, 1000));
    assert_null(pyw_crash_loop_note(&crash_loop, "?a", 2, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_third_death_within_a_minute_names_the_line, start_empty),
        cmocka_unit_test_setup(test_it_is_named_once_a_minute, start_empty),
        cmocka_unit_test_setup(test_three_deaths_in_more_than_a_minute_are_nothing, start_empty),
        cmocka_unit_test_setup(test_several_threads_of_one_worker_are_one_death, start_empty),
        cmocka_unit_test_setup(test_the_query_does_not_matter, start_empty),
        cmocka_unit_test_setup(test_others_do_not_push_it_out_soon, start_empty),
        cmocka_unit_test_setup(test_the_one_not_heard_of_for_longest_makes_room, start_empty),
        cmocka_unit_test_setup(test_the_length_is_kept, start_empty),
    };

    return cmocka_run_group_tests_name("crash_loop", tests, NULL, NULL);
}
