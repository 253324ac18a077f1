/* SPDX-License-Identifier: Apache-2.0 */
/* A channel that reads ahead of its reader. */
#include "unit_test.h"

#include <string.h>
#include <unistd.h>

#include "scarce_memory.h"
#include "socket_pair.h"
#include "vectors.h"

static void read_all_ahead(pyw_channel *channel, pyw_result end)
{
    pyw_result result;

    do {
        result = pyw_channel_read_ahead(channel);
    } while (result == PYW_OK);
    assert_int_equal(result, end);
}

static pyw_socket_pair *ahead(void **state, size_t memory_limit, size_t file_limit)
{
    pyw_socket_pair *pair = *state;

    pyw_channel_set_ahead_limits(pair->channel, memory_limit, file_limit, "/tmp");
    return pair;
}

static void test_bytes_read_ahead_are_read_before_later_ones(void **state)
{
    pyw_socket_pair *pair = ahead(state, 20, 1000);

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_write_example(pair, "log-error");
    pyw_socket_pair_write_example(pair, "data-hello");
    assert_false(pyw_channel_has_input(pair->channel));
    read_all_ahead(pair->channel, PYW_AGAIN);
    assert_true(pyw_channel_has_input(pair->channel));
    pyw_socket_pair_write_example(pair, "data-last");
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_LOG, "oops", 4);
    read_all_ahead(pair->channel, PYW_AGAIN);
    pyw_socket_pair_write_example(pair, "end");
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "world\n", 6);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
}

static void test_returned_bytes_stay_valid(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 1000);
    pyw_frame frame;

    pyw_socket_pair_write_example(pair, "data-hello");
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_OK);
    pyw_socket_pair_write_example(pair, "data-last");
    read_all_ahead(pair->channel, PYW_AGAIN);
    assert_memory_equal(frame.payload, "hello", 5);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "world\n", 6);
}

/* `input` contains a part of a DATA frame, a whole frame and a part of a header: the scan begins there. */
static void test_the_end_of_the_request_is_seen_wherever_the_reader_is(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 1000);
    const pyw_vector *last = pyw_vectors_find("data-last");
    const pyw_vector *end = pyw_vectors_find("end");
    pyw_frame frame;

    pyw_socket_pair_write(pair, last->bytes, 10);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_OK);
    assert_int_equal(frame.length, 2);
    pyw_socket_pair_write(pair, last->bytes + 10, last->length - 10);
    read_all_ahead(pair->channel, PYW_AGAIN);
    pyw_socket_pair_write(pair, end->bytes, 5);
    read_all_ahead(pair->channel, PYW_AGAIN);
    pyw_socket_pair_write(pair, end->bytes + 5, 3);
    read_all_ahead(pair->channel, PYW_EOF);
    pyw_socket_pair_write_example(pair, "data-hello"); /* not of a request */
    read_all_ahead(pair->channel, PYW_EOF);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "rld\n", 4);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
}

static void test_an_end_that_the_reader_has_already_ends_it_at_once(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 1000);

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_write_example(pair, "end");
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    read_all_ahead(pair->channel, PYW_EOF);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
}

static void test_without_room_nothing_is_taken(void **state)
{
    pyw_socket_pair *pair = ahead(state, 13, 0);

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_write_example(pair, "end");
    read_all_ahead(pair->channel, PYW_FAILED);
    assert_int_equal(pyw_channel_ahead_error(pair->channel), 0);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    read_all_ahead(pair->channel, PYW_EOF);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
}

static void test_a_connection_that_ends_early_is_seen_by_the_reader(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 1000);
    pyw_frame frame;

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_close_peer(pair);
    read_all_ahead(pair->channel, PYW_EOF);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_EOF);
}

static void test_malformed_bytes_are_for_the_reader_to_find(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 1000);
    pyw_frame frame;

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_write_example(pair, "bad-version");
    read_all_ahead(pair->channel, PYW_EOF);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_MALFORMED);
    read_all_ahead(pair->channel, PYW_EOF);
}

static void test_without_memory_the_connection_is_broken(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 1000);
    pyw_frame frame;

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_scarce_memory_fail_after(0);
    read_all_ahead(pair->channel, PYW_EOF);
    assert_true(pyw_scarce_memory_end());
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_MALFORMED);
}

static void test_descriptors_are_kept_for_the_reader_and_few_of_them(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 1000);
    const pyw_vector *file = pyw_vectors_find("file-5-to-12");
    int fd = dup(0);

    for (int i = 0; i < 12; i++) {
        pyw_socket_pair_write_fds(pair, file->bytes, file->length, &fd, 1);
    }
    read_all_ahead(pair->channel, PYW_FAILED);
    for (int i = 0; i < 12; i++) {
        int taken;

        pyw_socket_pair_expect(pair->channel, PYW_FRAME_FILE, (const char *)file->bytes + 8, 16);
        taken = pyw_channel_take_fd(pair->channel);
        assert_true(pyw_socket_pair_is_same_file(taken, fd));
        close(taken);
    }
    close(fd);
}

/* For a connection without read_ahead(), and for a connection without room. */
static void test_the_end_is_found_without_room(void **state)
{
    pyw_socket_pair *pair = ahead(state, 13, 0);

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_write_example(pair, "data-hello");
    read_all_ahead(pair->channel, PYW_FAILED);
    assert_false(pyw_channel_find_end(pair->channel));
    pyw_socket_pair_write_example(pair, "end");
    assert_true(pyw_channel_find_end(pair->channel));
    assert_true(pyw_channel_is_complete(pair->channel));
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
}

static void test_an_answer_that_ends_with_the_connection_is_not_complete(void **state)
{
    pyw_socket_pair *pair = ahead(state, 0, 0);
    pyw_frame frame;

    pyw_socket_pair_close_peer(pair);
    assert_false(pyw_channel_is_complete(pair->channel));
    assert_int_equal(pyw_channel_read_ahead(pair->channel), PYW_EOF);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_EOF);
}

/* The flag of its last bytes shows this: further frames do not affect the client. */
static void test_an_answer_is_complete_with_its_last_bytes(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 0);

    pyw_socket_pair_write_example(pair, "data-hello");
    assert_false(pyw_channel_is_complete(pair->channel));
    pyw_socket_pair_write_example(pair, "data-last");
    assert_true(pyw_channel_is_complete(pair->channel));
    assert_false(pyw_channel_find_end(pair->channel));
    pyw_socket_pair_write_example(pair, "error-504");
    assert_true(pyw_channel_is_complete(pair->channel));
    assert_false(pyw_channel_find_end(pair->channel));
}

/* read() has returned a part of them. */
static void test_the_last_bytes_may_have_been_read_in_part(void **state)
{
    const pyw_vector *last = pyw_vectors_find("data-last");
    pyw_socket_pair *pair = ahead(state, 1000, 0);
    pyw_frame frame;

    pyw_socket_pair_write(pair, last->bytes, last->length - 2);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_OK);
    assert_false(pyw_channel_is_complete(pair->channel));
    pyw_socket_pair_write(pair, last->bytes + last->length - 2, 2);
    assert_true(pyw_channel_is_complete(pair->channel));
}

static void test_a_response_that_ends_with_an_error_is_incomplete(void **state)
{
    pyw_socket_pair *pair = ahead(state, 1000, 0);

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_write_example(pair, "error-504");
    assert_false(pyw_channel_is_complete(pair->channel));
    assert_int_equal(pyw_channel_read_ahead(pair->channel), PYW_EOF);
}

static void test_closing_forgets_bytes_read_ahead(void **state)
{
    pyw_socket_pair *pair = ahead(state, 4, 1000);

    pyw_socket_pair_write_example(pair, "data-hello");
    read_all_ahead(pair->channel, PYW_AGAIN);
    pyw_channel_close(pair->channel);
    assert_int_equal(pyw_socket_pair_count_fds(), pair->fds_before + 1);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, pyw_socket_pair_open, pyw_socket_pair_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAIR(test_bytes_read_ahead_are_read_before_later_ones),
        WITH_PAIR(test_returned_bytes_stay_valid),
        WITH_PAIR(test_the_end_of_the_request_is_seen_wherever_the_reader_is),
        WITH_PAIR(test_an_end_that_the_reader_has_already_ends_it_at_once),
        WITH_PAIR(test_without_room_nothing_is_taken),
        WITH_PAIR(test_a_connection_that_ends_early_is_seen_by_the_reader),
        WITH_PAIR(test_malformed_bytes_are_for_the_reader_to_find),
        WITH_PAIR(test_without_memory_the_connection_is_broken),
        WITH_PAIR(test_descriptors_are_kept_for_the_reader_and_few_of_them),
        WITH_PAIR(test_the_end_is_found_without_room),
        WITH_PAIR(test_an_answer_that_ends_with_the_connection_is_not_complete),
        WITH_PAIR(test_a_response_that_ends_with_an_error_is_incomplete),
        WITH_PAIR(test_an_answer_is_complete_with_its_last_bytes),
        WITH_PAIR(test_the_last_bytes_may_have_been_read_in_part),
        WITH_PAIR(test_closing_forgets_bytes_read_ahead),
    };

    return cmocka_run_group_tests_name("channel_spill", tests, NULL, NULL);
}
