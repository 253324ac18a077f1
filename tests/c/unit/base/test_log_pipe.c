/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdio.h>
#include <string.h>

#include "base/log/pipe.h"

enum { RECORDS_MOST = 16 };

static struct {
    int count;
    struct {
        pyw_log_level level;
        long tid;
        size_t length;
        char text[2 * PYW_LOG_RECORD_MAX];
    } items[RECORDS_MOST];
} got;

static pyw_log_pipe lines;

static void keep(void *baton, pyw_log_level level, long tid, const char *text, size_t length)
{
    assert_in_range(got.count, 0, RECORDS_MOST - 1);
    assert_in_range(length, 1, PYW_LOG_RECORD_MAX - 1);
    got.items[got.count].level = level;
    got.items[got.count].tid = tid;
    got.items[got.count].length = length;
    memcpy(got.items[got.count].text, text, length);
    got.items[got.count].text[length] = '\0';
    got.count++;
}

static int begin(void **state)
{
    memset(&got, 0, sizeof(got));
    memset(&lines, 0, sizeof(lines));
    return 0;
}

static void take(const char *text)
{
    pyw_log_pipe_take(&lines, text, strlen(text), keep, NULL);
}

static void take_record(pyw_log_level level, long tid, const char *text, size_t length)
{
    char line[PYW_LOG_PIPE_MOST];
    size_t taken;

    do {
        pyw_log_pipe_take(&lines, line, pyw_log_pipe_encode(line, level, tid, text, length, &taken), keep, NULL);
        text += taken;
        length -= taken;
    } while (length > 0);
}

static void expect(int index, pyw_log_level level, long tid, const char *text)
{
    assert_in_range(index, 0, got.count - 1);
    assert_int_equal(got.items[index].level, level);
    assert_int_equal(got.items[index].tid, tid);
    assert_string_equal(got.items[index].text, text);
}

static void test_raw_lines_are_errors_without_a_thread(void **state)
{
    take("one\ntwo\r\n\nthree");
    assert_int_equal(got.count, 2);
    expect(0, PYW_LOG_ERR, 0, "one");
    expect(1, PYW_LOG_ERR, 0, "two");
    take(" and more\n");
    expect(2, PYW_LOG_ERR, 0, "three and more");
}

static void test_a_record_keeps_its_level_and_thread(void **state)
{
    take_record(PYW_LOG_INFO, 77, "PYW0001: text", 13);
    take_record(PYW_LOG_EMERG, 1, "", 0);
    assert_int_equal(got.count, 1);
    expect(0, PYW_LOG_INFO, 77, "PYW0001: text");
}

static void test_a_record_may_stand_in_a_raw_line(void **state)
{
    take("downloading ");
    take_record(PYW_LOG_NOTICE, 5, "a record", 8);
    take("50%\n");
    assert_int_equal(got.count, 2);
    expect(0, PYW_LOG_NOTICE, 5, "a record");
    expect(1, PYW_LOG_ERR, 0, "downloading 50%");
}

static void test_it_does_not_matter_where_reads_end(void **state)
{
    char line[PYW_LOG_PIPE_MOST];
    size_t taken;
    size_t length = pyw_log_pipe_encode(line, PYW_LOG_WARNING, 42, "in pieces", 9, &taken);

    take("raw");
    for (size_t i = 0; i < length; i++) {
        pyw_log_pipe_take(&lines, line + i, 1, keep, NULL);
    }
    take("\n");
    assert_int_equal(got.count, 2);
    expect(0, PYW_LOG_WARNING, 42, "in pieces");
    expect(1, PYW_LOG_ERR, 0, "raw");
}

static void test_a_record_that_is_longer_than_an_atomic_write_arrives_as_one(void **state)
{
    char text[PYW_LOG_RECORD_MAX];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    take_record(PYW_LOG_ERR, 3, text, sizeof(text) - 1);
    assert_int_equal(got.count, 1);
    expect(0, PYW_LOG_ERR, 3, text);
}

static void test_threads_that_log_long_records_at_once_lose_nothing(void **state)
{
    char first[PYW_LOG_PIPE_MOST], second[PYW_LOG_PIPE_MOST];
    char text[PYW_LOG_PIPE_MOST + 100];
    size_t taken, used;

    memset(text, 'x', sizeof(text));
    used = pyw_log_pipe_encode(first, PYW_LOG_ERR, 1, text, sizeof(text), &taken);
    pyw_log_pipe_take(&lines, first, used, keep, NULL);
    take_record(PYW_LOG_INFO, 2, "short", 5);
    used = pyw_log_pipe_encode(second, PYW_LOG_ERR, 2, text, sizeof(text), &taken);
    pyw_log_pipe_take(&lines, second, used, keep, NULL);
    take_record(PYW_LOG_ERR, 1, "end of 1", 8);
    take_record(PYW_LOG_ERR, 2, "end of 2", 8);
    assert_int_equal(got.count, 4);
    expect(0, PYW_LOG_INFO, 2, "short");
    assert_int_equal(got.items[1].length, taken);
    assert_int_equal(got.items[1].tid, 1);
    expect(2, PYW_LOG_ERR, 1, "end of 1");
    assert_int_equal(got.items[3].length, taken + 8);
    assert_int_equal(got.items[3].tid, 2);
}

static void test_a_raw_line_that_is_too_long_comes_in_parts_of_whole_characters(void **state)
{
    size_t sum = 0;

    take("x");
    for (int i = 0; i < PYW_LOG_RECORD_MAX; i++) {
        take("\xe2\x82\xac");
    }
    take("\n");
    assert_in_range(got.count, 4, 5);
    for (int i = 0; i < got.count; i++) {
        assert_int_equal((got.items[i].length - (i == 0)) % 3, 0);
        sum += got.items[i].length;
    }
    assert_int_equal(sum, 1 + 3 * PYW_LOG_RECORD_MAX);
}

static void test_what_only_looks_like_a_record_is_a_raw_line(void **state)
{
    static const char *const fakes[] = {"",      "3",   "3.",    "3. x",  "9.1 x",
                                        "3?1 x", "3.1", "3.0 x", "x.1 x", "3.99999999999999999999 x"};
    char expected[64];

    for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++) {
        snprintf(expected, sizeof(expected), "%c%s", PYW_LOG_PIPE_MARK, fakes[i]);
        take(expected);
        take("\n");
        assert_int_equal(got.count, 1);
        expect(0, PYW_LOG_ERR, 0, expected);
        got.count = 0;
    }
}

static void test_a_mark_without_end_is_a_raw_line(void **state)
{
    char text[PYW_LOG_PIPE_MOST + 2];

    memset(text, 'y', sizeof(text));
    text[0] = PYW_LOG_PIPE_MARK;
    text[sizeof(text) - 1] = '\0';
    take(text);
    take("\n");
    assert_int_equal(got.count, 1);
    expect(0, PYW_LOG_ERR, 0, text);
}

static void test_a_record_behind_a_stray_mark_is_a_record(void **state)
{
    take("\x1estray");
    take_record(PYW_LOG_INFO, 8, "genuine", 7);
    take("\n");
    assert_int_equal(got.count, 2);
    expect(0, PYW_LOG_INFO, 8, "genuine");
    expect(1, PYW_LOG_ERR, 0, "\x1estray");
}

static void test_nothing_in_a_record_ends_it_early(void **state)
{
    take_record(PYW_LOG_INFO, 8,
                "a\nb\x1e"
                "3.1 c",
                9);
    assert_int_equal(got.count, 1);
    expect(0, PYW_LOG_INFO, 8, "a\\x0ab\\x1e3.1 c");
}

static void test_incomplete_lines_are_written_at_the_end(void **state)
{
    char line[PYW_LOG_PIPE_MOST];
    char text[PYW_LOG_PIPE_MOST + 1];
    size_t taken;

    memset(text, 'x', sizeof(text));
    pyw_log_pipe_take(&lines, line, pyw_log_pipe_encode(line, PYW_LOG_INFO, 6, text, sizeof(text), &taken), keep, NULL);
    take("no end\x1e"
         "4.7 cut");
    pyw_log_pipe_end(&lines, keep, NULL);
    assert_int_equal(got.count, 2);
    expect(0, PYW_LOG_ERR, 0,
           "no end\x1e"
           "4.7 cut");
    assert_int_equal(got.items[1].length, taken);
    pyw_log_pipe_end(&lines, keep, NULL);
    assert_int_equal(got.count, 2);
}

#define FRESH(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(test_raw_lines_are_errors_without_a_thread),
        FRESH(test_a_record_keeps_its_level_and_thread),
        FRESH(test_a_record_may_stand_in_a_raw_line),
        FRESH(test_it_does_not_matter_where_reads_end),
        FRESH(test_a_record_that_is_longer_than_an_atomic_write_arrives_as_one),
        FRESH(test_threads_that_log_long_records_at_once_lose_nothing),
        FRESH(test_a_raw_line_that_is_too_long_comes_in_parts_of_whole_characters),
        FRESH(test_what_only_looks_like_a_record_is_a_raw_line),
        FRESH(test_a_mark_without_end_is_a_raw_line),
        FRESH(test_a_record_behind_a_stray_mark_is_a_record),
        FRESH(test_nothing_in_a_record_ends_it_early),
        FRESH(test_incomplete_lines_are_written_at_the_end),
    };

    return cmocka_run_group_tests_name("log pipe", tests, NULL, NULL);
}
