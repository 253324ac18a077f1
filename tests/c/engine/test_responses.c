/* SPDX-License-Identifier: Apache-2.0 */
/* PEP 3333 through the engine: the output of each kind of response. */
#include "test_engine.h"

#include <stdlib.h>
#include <string.h>

/* A path and the expected response. NULL and 0: not checked. */
typedef struct row {
    const char *method;
    const char *path;
    int status;
    const char *headers; /* all headers, one per line */
    const char *content;
    pyw_outcome outcome;
    const char *log; /* a part of it; NULL: no record */
} row;

static const row rows[] = {
    {"GET", "/hello", 200, "Content-Type: text/plain\nContent-Length: 13\n", "Hello World!\n", PYW_DONE, NULL},
    {"GET", "/two", 201, "Content-Length: 7\n", "one two", PYW_DONE, NULL},
    {"GET", "/empty", 200, "Content-Length: 0\n", "", PYW_DONE, NULL},
    {"GET", "/generator", 200, "", "one two", PYW_DONE, NULL},
    {"GET", "/single_with_length", 200, "Content-Length: 3\n", "abc", PYW_DONE, NULL},
    {"GET", "/plain_iterator_with_length", 200, "Content-Length: 3\n", "abc", PYW_DONE, NULL},
    {"GET", "/late_start", 200, "", "late", PYW_DONE, NULL},
    {"GET", "/empty_first", 200, "", "late", PYW_DONE, NULL},
    {"GET", "/written", 200, "", "one two three", PYW_DONE, NULL},
    {"GET", "/raises", 500, NULL, "", PYW_ERROR, "GET /raises: the application raised ValueError"},
    {"GET", "/exits", 500, NULL, "", PYW_ERROR, "the application raised SystemExit"},
    {"GET", "/interrupted", 500, NULL, "", PYW_ERROR, "the application raised KeyboardInterrupt"},
    {"GET", "/raises_later", 200, "Content-Length: 10\n", "abc", PYW_TRUNCATED, "ValueError: in the middle"},
    {"GET", "/returns_none", 500, NULL, "", PYW_ERROR, "returned an object of type NoneType; PEP 3333"},
    {"GET", "/returns_str", 500, NULL, "", PYW_ERROR, "the application returned an object of type str; PEP 3333"},
    {"GET", "/returns_int", 500, NULL, "", PYW_ERROR, "the application returned an object of type int; PEP 3333"},
    {"GET", "/str_block", 500, NULL, "", PYW_ERROR, "a block of the body must be bytes, not str"},
    {"GET", "/no_start", 500, NULL, "", PYW_ERROR, "without having called start_response"},
    {"GET", "/no_start_empty", 500, NULL, "", PYW_ERROR, "did not call start_response"},
    {"GET", "/too_few", 200, "Content-Length: 10\n", "abc", PYW_TRUNCATED, "<4> PYW0602"},
    {"GET", "/too_many", 200, "Content-Length: 3\n", "abc", PYW_DONE, "<4> PYW0601"},
    {"GET", "/no_content", 204, "", "", PYW_DONE, NULL},
    {"GET", "/not_modified", 304, "", "", PYW_DONE, NULL},
    {"HEAD", "/own_length", 200, "Content-Length: 1234\n", "", PYW_DONE, NULL},
    {"HEAD", "/hello", 200, "Content-Type: text/plain\nContent-Length: 13\n", "", PYW_DONE, NULL},
    {"HEAD", "/empty", 200, "", "", PYW_DONE, NULL},
    {"HEAD", "/late_start", 200, "", "", PYW_DONE, NULL},
    {"HEAD", "/file_sent", 200, "Content-Length: 7\n", "", PYW_DONE, NULL},
    {"GET", "/close_fails", 200, "", "abc", PYW_DONE, "close() of the application's iterable failed"},
    {"GET", "/restart", 500, "X-Second: 2\nContent-Length: 10\n", "error page", PYW_DONE, NULL},
    {"GET", "/start_twice", 500, NULL, "", PYW_ERROR, "a second time without exc_info"},
    {"GET", "/bad_header", 500, NULL, "", PYW_ERROR, "contains a control character"},
    {"GET", "/hop_by_hop", 200, "X-Good: 1\nContent-Length: 2\n", "ok", PYW_DONE, "<4> PYW0600"},
    {"GET", "/interim", 500, NULL, "", PYW_ERROR, "a 1xx status cannot be the final status"},
    {"GET", "/file_sent", 200, "Content-Length: 7\n", "3456789", PYW_DONE, NULL},
    {"GET", "/file_clamped", 200, "Content-Length: 4\n", "0123", PYW_DONE, NULL},
    {"GET", "/file_like", 200, "", "like a file", PYW_DONE, NULL},
};

static void check_row(const row *expected, int always_blocks, int takes_parallel)
{
    memory_exchange got;

    print_message("%s %s\n", expected->method, expected->path);
    memory_exchange_init(&got, expected->method, expected->path);
    got.always_blocks = always_blocks;
    got.base.takes_parallel = takes_parallel;
    host_run(host_script("app.wsgi", ""), &got);
    assert_int_equal(got.finished, 1);
    assert_int_equal(got.outcome, expected->outcome);
    assert_int_equal(expected->outcome == PYW_ERROR ? got.error_status : got.status, expected->status);
    assert_int_equal(got.heads, expected->outcome == PYW_ERROR ? 0 : 1);
    if (expected->headers != NULL) {
        assert_string_equal(memory_headers(&got), expected->headers);
    }
    assert_string_equal(memory_content(&got), expected->content);
    if (expected->log == NULL) {
        assert_string_equal(memory_log(&got), "");
    }
    else {
        assert_non_null(strstr(memory_log(&got), expected->log));
    }
    memory_exchange_free(&got);
}

static void responses_are_what_pep_3333_asks_for(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_row(&rows[i], 0, 0);
    }
}

static void a_carrier_that_blocks_gets_the_same(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_row(&rows[i], 1, 0);
    }
}

static void a_carrier_that_lets_the_flusher_in_gets_the_same(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_row(&rows[i], 0, 1);
        check_row(&rows[i], 1, 1);
    }
}

static void a_small_answer_is_one_send_at_the_end(void **state)
{
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", ""), "/hello");
    assert_int_equal(got.sends, 1);
    assert_int_equal(got.end_seen, 1);
    assert_memory_equal(got.reason.data, "OK", got.reason.length);
    memory_exchange_free(&got);
}

static void a_stream_does_not_wait(void **state)
{
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", ""), "/generator");
    assert_int_equal(got.blocking_sends, 0);
    assert_int_equal(got.sends, 3);
    assert_int_equal(got.last_after, 7);
    memory_exchange_free(&got);
}

static void a_large_answer_has_a_length_too(void **state)
{
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", ""), "/big");
    assert_string_equal(memory_headers(&got), "Content-Length: 100000\n");
    assert_int_equal(got.content.length, 100000);
    assert_int_equal(got.last_after, 100000);
    memory_exchange_free(&got);
}

static void close_is_called_once_on_every_path(void **state)
{
    static const char *const paths[] = {"/single_with_length", "/raises_later", "/not_modified", "/close_fails",
                                        "/streams_to_gone"};
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", ""), "/count_closed");
    memory_exchange_free(&got);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        memory_exchange_init(&got, i % 2 ? "GET" : "HEAD", paths[i]);
        got.gone_after = strcmp(paths[i], "/streams_to_gone") == 0 ? 2 : 0;
        host_run(host_script("app.wsgi", ""), &got);
        memory_exchange_free(&got);
        host_get(&got, host_script("app.wsgi", ""), "/count_closed");
        assert_string_equal(memory_content(&got), "1");
        memory_exchange_free(&got);
    }
}

static void a_client_that_left_is_no_error(void **state)
{
    memory_exchange got;

    memory_exchange_init(&got, "GET", "/streams_to_gone");
    got.gone_after = 3;
    host_run(host_script("app.wsgi", ""), &got);
    assert_int_equal(got.outcome, PYW_TRUNCATED);
    assert_int_equal(got.content.length, 3);
    assert_int_equal(got.sends, 4);
    assert_null(strstr(memory_log(&got), "<3>"));
    assert_non_null(strstr(memory_log(&got), "<6> PYW0604: GET /streams_to_gone"));
    memory_exchange_free(&got);
}

static void the_body_is_read(void **state)
{
    memory_exchange got;

    for (size_t most = 0; most < 8; most++) {
        memory_exchange_init(&got, "POST", "/echo");
        memory_exchange_body(&got, "some body\nof lines\n");
        got.read_most = most;
        if (most % 2) {
            memory_exchange_pair(&got, "CONTENT_LENGTH", "19");
        }
        host_run(host_script("app.wsgi", ""), &got);
        assert_string_equal(memory_content(&got), "some body\nof lines\n");
        memory_exchange_free(&got);
        memory_exchange_init(&got, "POST", "/lines");
        memory_exchange_body(&got, "some body\nof lines\nand");
        got.read_most = most;
        host_run(host_script("app.wsgi", ""), &got);
        assert_string_equal(memory_content(&got), "some| body\n|of lines\n|and|");
        memory_exchange_free(&got);
    }
}

static void what_is_at_hand_is_read_without_waiting(void **state)
{
    static const char *const paths[] = {"/echo", "/lines"};
    static const char *const answers[] = {"some body\nof lines\nand", "some| body\n|of lines\n|and|"};
    memory_exchange got;

    for (int path = 0; path < 2; path++) {
        for (size_t at_hand = 0; at_hand < 25; at_hand++) {
            memory_exchange_init(&got, "POST", paths[path]);
            memory_exchange_body(&got, "some body\nof lines\nand");
            got.at_hand = at_hand;
            got.read_most = 5;
            host_run(host_script("app.wsgi", ""), &got);
            assert_string_equal(memory_content(&got), answers[path]);
            assert_int_equal(got.waits == 0, at_hand > 22); /* the end of the body follows its 22 bytes */
            memory_exchange_free(&got);
        }
    }
}

static void a_body_cut_short_is_an_error(void **state)
{
    memory_exchange got;

    memory_exchange_init(&got, "POST", "/catches_read");
    memory_exchange_body(&got, "part");
    got.read_end = PYW_GONE;
    host_run(host_script("app.wsgi", ""), &got);
    assert_string_equal(memory_content(&got), "ConnectionResetError True");
    memory_exchange_free(&got);
    memory_exchange_init(&got, "POST", "/echo");
    memory_exchange_body(&got, "part");
    got.read_end = PYW_GONE;
    host_run(host_script("app.wsgi", ""), &got);
    assert_int_equal(got.outcome, PYW_ERROR);
    assert_null(strstr(memory_log(&got), "<3>"));
    memory_exchange_free(&got);
}

/* A second that the texts of one request share, and the one before. */
static void times_are_microseconds_in_every_second(void **state)
{
    static const int before_us[] = {0, 1000000, 0, 1500000, 1500000, 0};
    memory_exchange got;

    for (size_t i = 0; i < sizeof(before_us) / sizeof(before_us[0]); i++) {
        memory_exchange_init(&got, "GET", "/waited");
        got.base.arrival -= before_us[i];
        host_run(host_script("app.wsgi", ""), &got);
        assert_in_range(atoi(memory_content(&got)), before_us[i], before_us[i] + 60 * 1000000);
        memory_exchange_free(&got);
    }
}

static void computed_keys_win(void **state)
{
    memory_exchange got;

    memory_exchange_init(&got, "GET", "/environ_keys");
    memory_exchange_pair(&got, "wsgi.version", "forged");
    memory_exchange_pair(&got, "pywsgi.process_group", "forged");
    memory_exchange_pair(&got, "wsgi.url_scheme", "https");
    memory_exchange_pair(&got, "HTTP_X", "first");
    memory_exchange_pair(&got, "HTTP_X", "caf\xe9");
    host_run(host_script("app.wsgi", ""), &got);
    assert_string_equal(memory_content(&got),
                        "wsgi.version=(1, 0);wsgi.multithread=True;wsgi.multiprocess=False;wsgi.run_once=False;"
                        "wsgi.url_scheme='https';wsgi.input_terminated=True;pywsgi.process_group='tests';"
                        "pywsgi.application_group='';mod_wsgi.version=(6, 0, 5);SCRIPT_NAME='';HTTP_X='caf\xc3\xa9'");
    memory_exchange_free(&got);
}

static void what_an_application_keeps_is_inert(void **state)
{
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", ""), "/keeps");
    memory_exchange_free(&got);
    host_get(&got, host_script("app.wsgi", ""), "/uses_kept");
    assert_string_equal(memory_content(&got), "RuntimeError RuntimeError RuntimeError");
    memory_exchange_free(&got);
}

enum { ROUNDS = 100, TURNS_MAX = 12 };

static long allocated(void)
{
    memory_exchange got;
    long number;

    host_get(&got, host_script("app.wsgi", ""), "/allocated");
    number = strtol(memory_content(&got), NULL, 10);
    memory_exchange_free(&got);
    return number;
}

static void request_every_path(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memory_exchange got;

        memory_exchange_init(&got, rows[i].method, rows[i].path);
        host_run(host_script("app.wsgi", ""), &got);
        memory_exchange_free(&got);
    }
}

/* Caches grow for a while. An object that leaks with every request for a path shows in every turn. */
static void requests_leave_no_objects_behind(void **state)
{
    long growth = ROUNDS;

    for (int turn = 0; turn < TURNS_MAX && growth >= ROUNDS / 2; turn++) {
        growth = -allocated();
        for (int round = 0; round < ROUNDS; round++) {
            request_every_path();
        }
        growth += allocated();
    }
    assert_true(growth < ROUNDS / 2);
}

static void prints_go_to_the_request_or_the_process(void **state)
{
    memory_exchange got;

    host_log_clear();
    host_get(&got, host_script("app.wsgi", ""), "/prints");
    assert_non_null(strstr(memory_log(&got), "<5> to stdout\n<3> to stderr\n<3> two\n<3> lines\n<5> partial line\n"
                                             "<5> and rest"));
    assert_non_null(strstr(host_log(), "<5> from another thread\n"));
    memory_exchange_free(&got);
    host_get(&got, host_script("app.wsgi", ""), "/logs");
    assert_string_equal(memory_log(&got), "<4> a warning\n<7> fine\n<7> print\n");
    memory_exchange_free(&got);
}

static void signal_handlers_are_not_installed(void **state)
{
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", ""), "/signals");
    assert_string_equal(memory_content(&got), "True");
    assert_non_null(strstr(memory_log(&got), "PYW0510"));
    assert_null(strstr(strstr(memory_log(&got), "PYW0510") + 1, "PYW0510"));
    memory_exchange_free(&got);
}

static void the_process_looks_like_a_server(void **state)
{
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", ""), "/process");
    assert_string_equal(memory_content(&got), "(['mod_wsgi'], '', False, 'utf-8', (6, 0, 5), 'tests', '', True, True)");
    memory_exchange_free(&got);
}

const struct CMUnitTest response_tests[] = {
    cmocka_unit_test(responses_are_what_pep_3333_asks_for),
    cmocka_unit_test(a_carrier_that_blocks_gets_the_same),
    cmocka_unit_test(a_carrier_that_lets_the_flusher_in_gets_the_same),
    cmocka_unit_test(a_small_answer_is_one_send_at_the_end),
    cmocka_unit_test(a_stream_does_not_wait),
    cmocka_unit_test(a_large_answer_has_a_length_too),
    cmocka_unit_test(close_is_called_once_on_every_path),
    cmocka_unit_test(a_client_that_left_is_no_error),
    cmocka_unit_test(the_body_is_read),
    cmocka_unit_test(what_is_at_hand_is_read_without_waiting),
    cmocka_unit_test(a_body_cut_short_is_an_error),
    cmocka_unit_test(times_are_microseconds_in_every_second),
    cmocka_unit_test(computed_keys_win),
    cmocka_unit_test(what_an_application_keeps_is_inert),
    cmocka_unit_test(requests_leave_no_objects_behind),
    cmocka_unit_test(prints_go_to_the_request_or_the_process),
    cmocka_unit_test(signal_handlers_are_not_installed),
    cmocka_unit_test(the_process_looks_like_a_server),
};
const size_t response_test_count = sizeof(response_tests) / sizeof(response_tests[0]);
