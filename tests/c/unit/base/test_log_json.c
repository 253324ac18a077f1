/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON: each line is one complete, bounded object, whatever the texts contain. */
#include "unit_test.h"

#include <string.h>

#include "base/log/json.h"

static const pyw_log_origin origin = {PYW_LOG_WARNING, 12, 34};

/* The members after "tid", without the end of the line. */
static const char *make_line(pyw_log_json *json, const char *text, size_t length, size_t *taken)
{
    static const char end[] = "\"tid\":34";
    const char *rest;

    pyw_log_json_begin(json, &origin, "pywsgi");
    *taken = pyw_log_json_end(json, text, length);
    assert_in_range(json->length, 1, sizeof(json->line) - 1);
    assert_int_equal(json->line[json->length - 1], '\n');
    json->line[json->length - 1] = '\0';
    assert_null(strchr(json->line, '\n'));
    rest = strstr(json->line, end);
    assert_non_null(rest);
    return rest + sizeof(end) - 1;
}

static void expect(const char *text, const char *members)
{
    pyw_log_json json;
    size_t taken;

    assert_string_equal(make_line(&json, text, strlen(text), &taken), members);
    assert_int_equal(taken, strlen(text));
}

static void test_the_head_of_a_record(void **state)
{
    pyw_log_json json;
    size_t taken;

    make_line(&json, "", 0, &taken);
    assert_non_null(strstr(json.line, "Z\",\"level\":\"warn\",\"module\":\"pywsgi\",\"pid\":12,"));
    assert_memory_equal(json.line, "{\"time\":\"20", 11);
}

static void test_a_tag_is_a_member(void **state)
{
    expect("PYW0603: text", ",\"tag\":\"PYW0603\",\"message\":\"text\"}");
    expect("AH01630: text", ",\"tag\":\"AH01630\",\"message\":\"text\"}");
    expect("PYW0603: ", ",\"tag\":\"PYW0603\",\"message\":\"\"}");
    expect("PYW0603:", ",\"message\":\"PYW0603:\"}");
    expect("PYW: text", ",\"message\":\"PYW: text\"}");
    expect("1234: text", ",\"message\":\"1234: text\"}");
    expect("", ",\"message\":\"\"}");
}

static void test_texts_are_escaped(void **state)
{
    expect("\"\\\x1b\t\x7f", ",\"message\":\"\\\"\\\\\\u001b\\u0009\\u007f\"}");
    expect("\xc3\xa9 \xe2\x80\xa8 \xe2\x80\xae", ",\"message\":\"\xc3\xa9 \\u2028 \\u202e\"}");
    expect("\xff \xc3", ",\"message\":\"\\\\xff \\\\xc3\"}");
}

static void test_a_text_that_is_too_long_ends_before_a_character(void **state)
{
    static char text[PYW_LOG_JSON_MAX];
    pyw_log_json json;
    size_t taken;

    for (int byte = 1; byte < 256; byte += 7) {
        memset(text, byte, sizeof(text));
        make_line(&json, text, sizeof(text), &taken);
        assert_in_range(taken, PYW_LOG_JSON_MAX / 8, sizeof(text) - 1);
        assert_string_equal(json.line + json.length - 3, "\"}");
    }
}

static void test_members_leave_room_for_the_message(void **state)
{
    static char text[PYW_LOG_JSON_MAX];
    pyw_log_json json;

    memset(text, '\x01', sizeof(text) - 1);
    pyw_log_json_begin(&json, &origin, "pywsgi");
    for (int i = 0; i < 100; i++) {
        pyw_log_json_text(&json, "url", text);
        pyw_log_json_number(&json, "worker", -1);
        pyw_log_json_text(&json, "id", NULL);
    }
    assert_int_equal(pyw_log_json_end(&json, "PYW0603: text", 13), 13);
    assert_in_range(json.length, 1, sizeof(json.line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_head_of_a_record),
        cmocka_unit_test(test_a_tag_is_a_member),
        cmocka_unit_test(test_texts_are_escaped),
        cmocka_unit_test(test_a_text_that_is_too_long_ends_before_a_character),
        cmocka_unit_test(test_members_leave_room_for_the_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
