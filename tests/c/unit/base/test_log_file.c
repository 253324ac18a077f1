/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log/file.h"

static const pyw_log_origin origin = {PYW_LOG_ERR, 12, 34};

/* Writes the line of `text`, without its end, to `line`; returns the part after the three brackets. */
static const char *make_line(char line[PYW_LOG_LINE_MAX], const pyw_log_origin *from, const char *text, size_t length,
                             size_t *taken)
{
    size_t used = pyw_log_file_line(line, from, text, length, taken);
    char *rest;

    assert_in_range(used, 1, PYW_LOG_LINE_MAX);
    assert_int_equal(line[used - 1], '\n');
    line[used - 1] = '\0';
    assert_null(strchr(line, '\n'));
    rest = strstr(line, "] [pid ");
    assert_non_null(rest);
    rest = strstr(rest + 2, "] ");
    assert_non_null(rest);
    return rest + 2;
}

static void test_a_record_is_a_line_of_httpds_form(void **state)
{
    char line[PYW_LOG_LINE_MAX];
    struct tm day = {0};
    int microseconds = -1;
    size_t taken;
    const char *rest;

    assert_string_equal(make_line(line, &origin, "hello", 5, &taken), "hello");
    assert_int_equal(taken, 5);
    rest = strptime(line, "[%a %b %d %H:%M:%S.", &day);
    assert_non_null(rest);
    assert_int_equal(sscanf(rest, "%6d %d]", &microseconds, &day.tm_year), 2);
    assert_in_range(microseconds, 0, 999999);
    assert_non_null(strstr(line, "] [pywsgi:error] [pid 12:tid 34] hello"));
}

static void test_the_time_is_local(void **state)
{
    static const char *const zones[] = {"UTC", "Asia/Kolkata", "America/New_York", "XYZ+12", "XYZ-14"};
    char line[PYW_LOG_LINE_MAX];
    size_t taken;

    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        struct tm day = {.tm_isdst = -1};
        time_t now = time(NULL), expected;
        int week_day;
        const char *rest;

        setenv("TZ", zones[i], 1);
        tzset();
        pyw_log_file_note_zone();
        make_line(line, &origin, "hello", 5, &taken);
        rest = strptime(line, "[%a %b %d %H:%M:%S.", &day);
        assert_non_null(rest);
        assert_int_equal(sscanf(rest, "%*d %d]", &day.tm_year), 1);
        day.tm_year -= 1900;
        day.tm_isdst = -1;
        week_day = day.tm_wday;
        expected = mktime(&day);
        assert_in_range(expected, now, now + 10);
        assert_int_equal(day.tm_wday, week_day);
    }
}

static void test_levels_have_httpds_names(void **state)
{
    static const char *const names[] = {"emerg",  "alert", "crit",  "error",  "warn",
                                        "notice", "info",  "debug", "trace1", "trace1"};
    char line[PYW_LOG_LINE_MAX];
    char expected[32];
    size_t taken;

    for (int level = PYW_LOG_EMERG; level <= PYW_LOG_TRACE + 1; level++) {
        const pyw_log_origin from = {(pyw_log_level)level, 1, 1};

        make_line(line, &from, "x", 1, &taken);
        snprintf(expected, sizeof(expected), "[pywsgi:%s]", names[level]);
        assert_non_null(strstr(line, expected));
    }
}

static void test_nobody_can_forge_a_second_line(void **state)
{
    char line[PYW_LOG_LINE_MAX];
    size_t taken;

    assert_string_equal(make_line(line, &origin, "a\n[fake]", 8, &taken), "a\\x0a[fake]");
}

static void test_the_longest_record_is_one_line(void **state)
{
    char text[PYW_LOG_RECORD_MAX];
    char line[PYW_LOG_LINE_MAX];
    size_t taken, length;

    memset(text, 'x', sizeof(text));
    assert_int_equal(strlen(make_line(line, &origin, text, sizeof(text) - 1, &taken)), sizeof(text) - 1);
    assert_int_equal(taken, sizeof(text) - 1);
    memset(text, '\n', sizeof(text)); /* four bytes each when escaped: the rest is for another record */
    length = strlen(make_line(line, &origin, text, sizeof(text) - 1, &taken));
    assert_int_equal(length, 4 * taken);
    assert_in_range(taken, PYW_LOG_RECORD_MAX / 4 - 1, PYW_LOG_RECORD_MAX / 4 + 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_is_a_line_of_httpds_form), cmocka_unit_test(test_the_time_is_local),
        cmocka_unit_test(test_levels_have_httpds_names),          cmocka_unit_test(test_nobody_can_forge_a_second_line),
        cmocka_unit_test(test_the_longest_record_is_one_line),
    };

    return cmocka_run_group_tests_name("log file", tests, NULL, NULL);
}
