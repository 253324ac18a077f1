/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that are coalesced, and the flusher that sends them when the application pauses. */
#include "test_engine.h"

#include <stdio.h>
#include <string.h>

static void init_stream(memory_exchange *got, const char *path)
{
    memory_exchange_init(got, "GET", path);
    got->base.takes_parallel = 1;
}

static void run_stream(memory_exchange *got, const char *path)
{
    init_stream(got, path);
    host_run(host_script("app.wsgi", ""), got);
}

static void the_first_block_goes_at_once_the_others_together(void **state)
{
    memory_exchange got;

    run_stream(&got, "/generator");
    assert_string_equal(memory_content(&got), "one two");
    assert_in_range(got.sends - got.parallel_sends, 1, 2);
    assert_int_equal(got.outcome, PYW_DONE);
    assert_int_equal(got.last_after, 7);
    memory_exchange_free(&got);
}

static void a_full_buffer_is_sent(void **state)
{
    memory_exchange got;

    run_stream(&got, "/hundred");
    assert_int_equal(got.content.length, 100000);
    for (int i = 0; i < 100; i++) {
        char block[5];

        snprintf(block, sizeof(block), "%04d", i);
        assert_memory_equal(got.content.data + 1000 * i, block, 4);
        assert_memory_equal(got.content.data + 1000 * i + 996, block, 4);
    }
    assert_in_range(got.sends - got.parallel_sends, 1, 2 + 100000 / 16384);
    assert_int_equal(got.blocking_sends, 1); /* the end of the request */
    memory_exchange_free(&got);
}

static void blocks_of_all_sizes_keep_their_order(void **state)
{
    memory_exchange got;

    run_stream(&got, "/mixed");
    assert_int_equal(got.content.length, 10 + 20 + 40000 + 30 + 16384 + 16383 + 1);
    assert_int_equal(got.outcome, PYW_DONE);
    memory_exchange_free(&got);
}

static void what_is_gathered_leaves_while_the_application_pauses(void **state)
{
    for (int refusals = 0; refusals < 4; refusals++) {
        memory_exchange got;

        init_stream(&got, "/pauses");
        got.parallel_refusals = refusals;
        host_run(host_script("app.wsgi", ""), &got);
        assert_string_equal(memory_content(&got), "one two three four");
        assert_string_equal(memory_log(&got), "");
        assert_in_range(got.parallel_sends, 1, 100);
        memory_exchange_free(&got);
    }
}

static void the_flusher_needs_no_gil(void **state)
{
    memory_exchange got;

    run_stream(&got, "/pauses_in_c");
    assert_string_equal(memory_content(&got), "one two pushed");
    memory_exchange_free(&got);
}

static void a_close_that_pauses_does_not_hold_up_the_answer(void **state)
{
    memory_exchange got;

    run_stream(&got, "/close_pauses");
    assert_string_equal(memory_content(&got), "all of it");
    assert_string_equal(memory_headers(&got), "Content-Length: 9\n");
    assert_string_equal(memory_log(&got), "");
    assert_int_equal(got.heads, 1);
    assert_int_equal(got.last_after, 9);
    assert_int_equal(got.outcome, PYW_DONE);
    memory_exchange_free(&got);
    run_stream(&got, "/stream_close_pauses");
    assert_string_equal(memory_content(&got), "abcdef");
    assert_string_equal(memory_log(&got), "");
    assert_int_equal(got.last_after, 6);
    memory_exchange_free(&got);
}

static void an_answer_with_a_quick_close_is_one_send(void **state)
{
    memory_exchange got;

    run_stream(&got, "/close_is_quick");
    assert_string_equal(memory_content(&got), "all of it");
    assert_int_equal(got.sends - got.parallel_sends, got.parallel_sends > 0 ? 0 : 1);
    memory_exchange_free(&got);
}

static void nothing_is_kept_back_by_reading(void **state)
{
    memory_exchange got;

    init_stream(&got, "/streams_then_reads");
    memory_exchange_body(&got, "body");
    host_run(host_script("app.wsgi", ""), &got);
    assert_int_equal(got.sent_before_read, 8);
    assert_string_equal(memory_content(&got), "one two body");
    memory_exchange_free(&got);
}

static void what_came_before_an_exception_is_sent(void **state)
{
    memory_exchange got;

    run_stream(&got, "/streams_then_raises");
    assert_string_equal(memory_content(&got), "one two ");
    assert_int_equal(got.outcome, PYW_TRUNCATED);
    assert_int_equal(got.last_after, -1);
    memory_exchange_free(&got);
}

static void the_flusher_finds_that_the_client_has_gone(void **state)
{
    memory_exchange got;

    init_stream(&got, "/pauses");
    got.gone_after = 1;
    host_run(host_script("app.wsgi", ""), &got);
    assert_int_equal(got.outcome, PYW_TRUNCATED);
    assert_non_null(strstr(memory_log(&got), "<6> PYW0604: GET /pauses"));
    memory_exchange_free(&got);
}

const struct CMUnitTest stream_tests[] = {
    cmocka_unit_test(the_first_block_goes_at_once_the_others_together),
    cmocka_unit_test(a_full_buffer_is_sent),
    cmocka_unit_test(blocks_of_all_sizes_keep_their_order),
    cmocka_unit_test(what_is_gathered_leaves_while_the_application_pauses),
    cmocka_unit_test(the_flusher_needs_no_gil),
    cmocka_unit_test(a_close_that_pauses_does_not_hold_up_the_answer),
    cmocka_unit_test(an_answer_with_a_quick_close_is_one_send),
    cmocka_unit_test(nothing_is_kept_back_by_reading),
    cmocka_unit_test(what_came_before_an_exception_is_sent),
    cmocka_unit_test(the_flusher_finds_that_the_client_has_gone),
};
const size_t stream_test_count = sizeof(stream_tests) / sizeof(stream_tests[0]);
