/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <string.h>
#include <wchar.h>

#include "base/log.h"
#include "base/result.h"
#include "base/utf8.h"

typedef struct record {
    int count;
    pyw_log_level level;
    char text[PYW_LOG_RECORD_MAX];
    size_t length;
} record;

static void keep(void *baton, pyw_log_level level, const char *text, size_t length)
{
    record *last = baton;

    last->count++;
    last->level = level;
    last->length = length;
    memcpy(last->text, text, length + 1);
}

static int remove_sink(void **state)
{
    pyw_log_install(NULL, NULL, PYW_LOG_EMERG);
    return 0;
}

static void test_without_a_sink_records_are_lost(void **state)
{
    assert_false(pyw_log_is_on(PYW_LOG_EMERG));
    pyw_log(PYW_LOG_EMERG, "nobody hears this");
}

static void test_a_record_reaches_the_sink_formatted(void **state)
{
    record last = {0};

    pyw_log_install(keep, &last, PYW_LOG_INFO);
    pyw_log(PYW_LOG_ERR, "%s " PYWNO(4242) "%d", "a", 7);
    assert_int_equal(last.count, 1);
    assert_int_equal(last.level, PYW_LOG_ERR);
    assert_string_equal(last.text, "a PYW4242: 7");
    assert_int_equal(last.length, strlen(last.text));
}

static void test_the_threshold_is_the_last_level_that_passes(void **state)
{
    record last = {0};

    pyw_log_install(keep, &last, PYW_LOG_WARNING);
    assert_true(pyw_log_is_on(PYW_LOG_EMERG));
    assert_true(pyw_log_is_on(PYW_LOG_WARNING));
    assert_false(pyw_log_is_on(PYW_LOG_NOTICE));
    pyw_log(PYW_LOG_NOTICE, "too quiet");
    assert_int_equal(last.count, 0);
}

static void test_a_long_record_is_cut(void **state)
{
    record last = {0};
    char text[2 * PYW_LOG_RECORD_MAX];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    pyw_log_install(keep, &last, PYW_LOG_INFO);
    pyw_log(PYW_LOG_ERR, "%s", text);
    assert_int_equal(last.length, PYW_LOG_RECORD_MAX - 1);
    assert_int_equal(strlen(last.text), PYW_LOG_RECORD_MAX - 1);
}

static void test_a_record_that_cannot_be_formatted_is_dropped(void **state)
{
    static const wchar_t no_character[] = {(wchar_t)0x7fffffff, 0};
    record last = {0};

    pyw_log_install(keep, &last, PYW_LOG_INFO);
    pyw_log(PYW_LOG_ERR, "%ls", no_character);
    assert_int_equal(last.count, 0);
}

static void assert_escaped(const char *text, size_t length, const char *expected)
{
    char out[64];

    assert_int_equal(pyw_log_escape(out, sizeof(out), text, length), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_control_bytes_are_escaped(void **state)
{
    assert_escaped("a\r\nb", 4, "a\\x0d\\x0ab");
    assert_escaped("\033[1m", 4, "\\x1b[1m");
    assert_escaped("a\0b", 3, "a\\x00b");
    assert_escaped("\x7f\x1f ~", 4, "\\x7f\\x1f ~");
    assert_escaped("tab\there", 8, "tab\there");
    assert_escaped("caf\xc3\xa9", 5, "caf\xc3\xa9");
    assert_escaped("", 0, "");
}

static void test_utf8_passes(void **state)
{
    assert_escaped("\xe2\x82\xac", 3, "\xe2\x82\xac");         /* U+20AC */
    assert_escaped("\xf0\x9f\x90\x8d", 4, "\xf0\x9f\x90\x8d"); /* U+1F40D */
    assert_escaped("\xd7\xa9\xd7\x9c", 4, "\xd7\xa9\xd7\x9c"); /* Hebrew letters, which are not controls */
    assert_escaped("\xf4\x8f\xbf\xbf", 4, "\xf4\x8f\xbf\xbf"); /* U+10FFFF */
}

static void test_bytes_that_are_no_utf8_are_escaped(void **state)
{
    assert_escaped("\xff", 1, "\\xff");
    assert_escaped("\x80", 1, "\\x80"); /* a continuation byte without a start */
    assert_escaped("\xc3", 1, "\\xc3"); /* truncated */
    assert_escaped("\xe2\x82", 2, "\\xe2\\x82");
    assert_escaped("\xe2(\xa1", 3, "\\xe2(\\xa1");
    assert_escaped("\xc0\x8a", 2, "\\xc0\\x8a"); /* an overlong line feed */
    assert_escaped("\xe0\x80\x8a", 3, "\\xe0\\x80\\x8a");
    assert_escaped("\xf0\x80\x80\x8a", 4, "\\xf0\\x80\\x80\\x8a");
    assert_escaped("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");          /* a surrogate */
    assert_escaped("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"); /* U+110000 */
}

static void test_characters_that_steer_a_terminal_are_escaped(void **state)
{
    assert_escaped("\xc2\x85", 2, "\\xc2\\x85");          /* C1: next line */
    assert_escaped("\xc2\x9b", 2, "\\xc2\\x9b");          /* C1: control sequence introducer */
    assert_escaped("\xc2\xa0", 2, "\xc2\xa0");            /* the first character after C1 */
    assert_escaped("\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8"); /* line separator */
    assert_escaped("\xe2\x80\xa9", 3, "\\xe2\\x80\\xa9"); /* paragraph separator */
    assert_escaped("\xe2\x80\xae", 3, "\\xe2\\x80\\xae"); /* right-to-left override */
    assert_escaped("\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6"); /* left-to-right isolate */
    assert_escaped("\xd8\x9c", 2, "\\xd8\\x9c");          /* Arabic letter mark */
}

static void test_escaped_text_passes_unchanged(void **state)
{
    assert_escaped("\\x0a\\xff caf\xc3\xa9", 14, "\\x0a\\xff caf\xc3\xa9");
}

static void test_text_that_does_not_fit_is_taken_in_parts_of_whole_characters(void **state)
{
    char out[4];
    size_t taken;

    assert_int_equal(pyw_log_escape_part(out, sizeof(out), "ab\xc3\xa9", 4, &taken), 2);
    assert_int_equal(taken, 2);
    assert_int_equal(pyw_log_escape_part(out, sizeof(out), "\xc3\xa9", 2, &taken), 2);
    assert_int_equal(taken, 2);
}

static void test_a_cut_leaves_characters_whole(void **state)
{
    assert_int_equal(pyw_utf8_whole("ab", 2), 2);
    assert_int_equal(pyw_utf8_whole("ab\xe2\x82", 4), 2);
    assert_int_equal(pyw_utf8_whole("ab\xe2\x82\xac", 5), 5);
    assert_int_equal(pyw_utf8_whole("\xf0\x9f\x90", 3), 0);
    assert_int_equal(pyw_utf8_whole("\x80\x80\x80\x80", 4), 4);
    assert_int_equal(pyw_utf8_whole("", 0), 0);
}

static void test_escaping_stops_before_what_does_not_fit(void **state)
{
    char out[6];

    assert_int_equal(pyw_log_escape(out, 0, "a", 1), 0);
    assert_int_equal(pyw_log_escape(out, 1, "a", 1), 0);
    assert_string_equal(out, "");
    assert_int_equal(pyw_log_escape(out, 6, "abcdefg", 7), 5);
    assert_string_equal(out, "abcde");
    assert_int_equal(pyw_log_escape(out, 6, "a\nb", 3), 5);
    assert_string_equal(out, "a\\x0a");
    assert_int_equal(pyw_log_escape(out, 5, "a\nb", 3), 1);
    assert_string_equal(out, "a");
}

static void test_results_have_names(void **state)
{
    assert_string_equal(pyw_result_name(PYW_OK), "ok");
    assert_string_equal(pyw_result_name(PYW_FAILED), "failed");
    assert_string_equal(pyw_result_name((pyw_result)99), "unknown");
}

static void test_a_problem_is_one_sentence_cut_to_fit(void **state)
{
    pyw_problem problem;
    char text[2 * sizeof(problem.text)];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(pyw_problem_set(&problem, "%s: %d", "a", 1), PYW_FAILED);
    assert_string_equal(problem.text, "a: 1");
    assert_int_equal(pyw_problem_set(&problem, "%s", text), PYW_FAILED);
    assert_int_equal(strlen(problem.text), sizeof(problem.text) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_sink_records_are_lost),
        cmocka_unit_test_teardown(test_a_record_reaches_the_sink_formatted, remove_sink),
        cmocka_unit_test_teardown(test_the_threshold_is_the_last_level_that_passes, remove_sink),
        cmocka_unit_test_teardown(test_a_long_record_is_cut, remove_sink),
        cmocka_unit_test_teardown(test_a_record_that_cannot_be_formatted_is_dropped, remove_sink),
        cmocka_unit_test(test_control_bytes_are_escaped),
        cmocka_unit_test(test_utf8_passes),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_escaped),
        cmocka_unit_test(test_characters_that_steer_a_terminal_are_escaped),
        cmocka_unit_test(test_escaped_text_passes_unchanged),
        cmocka_unit_test(test_text_that_does_not_fit_is_taken_in_parts_of_whole_characters),
        cmocka_unit_test(test_a_cut_leaves_characters_whole),
        cmocka_unit_test(test_escaping_stops_before_what_does_not_fit),
        cmocka_unit_test(test_results_have_names),
        cmocka_unit_test(test_a_problem_is_one_sentence_cut_to_fit),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
