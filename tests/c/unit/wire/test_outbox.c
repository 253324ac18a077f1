/* SPDX-License-Identifier: Apache-2.0 */
/* The sending half of a channel, tested through the channel. */
#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scarce_memory.h"
#include "socket_pair.h"
#include "vectors.h"

enum {
    DEADLINE_MS = 20000,
    LARGE = PYW_LIMIT_DATA /* more than a socket buffer holds */
};

static char large[LARGE + 1];

static int fill_large(void **state)
{
    for (int i = 0; i < LARGE + 1; i++) {
        large[i] = (char)(i % 253);
    }
    return 0;
}

static void queue_end(pyw_channel *channel)
{
    pyw_channel_queue(channel, PYW_FRAME_END, 0, NULL, 0, -1);
}

/* Reads `length` bytes of one DATA frame, which begins with the bytes of `large`, while `sender` sends its backlog. */
static void expect_large(pyw_channel *reader, pyw_channel *sender, size_t length)
{
    pyw_frame frame = {.remaining = 1};
    size_t got = 0;

    while (frame.remaining > 0) {
        pyw_result result = pyw_channel_read(reader, &frame, 0);

        if (result == PYW_AGAIN) {
            assert_true(pyw_channel_has_output(sender));
            assert_int_equal(pyw_channel_send(sender, 0), PYW_OK);
            continue;
        }
        assert_int_equal(result, PYW_OK);
        assert_int_equal(frame.type, PYW_FRAME_DATA);
        assert_int_equal(memcmp(frame.payload, large + got, frame.length), 0);
        got += frame.length;
    }
    assert_int_equal(got, length);
}

/* Fills the socket with END frames, and returns their number. */
static int fill_socket(pyw_channel *channel)
{
    const pyw_vector *end = pyw_vectors_find("end");
    int count = 0;

    while (send(pyw_channel_fd(channel), end->bytes, end->length, MSG_DONTWAIT) == (ssize_t)end->length) {
        count++;
    }
    assert_int_equal(errno, EAGAIN);
    assert_true(count > 0);
    return count;
}

static void test_queued_frames_go_out_in_order(void **state)
{
    pyw_socket_pair *pair = *state;
    const pyw_vector *hello = pyw_vectors_find("data-hello");
    const pyw_vector *end = pyw_vectors_find("end");
    unsigned char bytes[64];

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, "hello", 5, -1);
    queue_end(pair->channel);
    assert_int_equal(recv(pair->peer, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    assert_false(pyw_channel_has_output(pair->channel));
    assert_int_equal(recv(pair->peer, bytes, sizeof(bytes), MSG_DONTWAIT), hello->length + end->length);
    assert_memory_equal(bytes, hello->bytes, hello->length);
    assert_memory_equal(bytes + hello->length, end->bytes, end->length);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    assert_int_equal(recv(pair->peer, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
}

static void test_flags_and_types_are_those_of_the_page(void **state)
{
    pyw_socket_pair *pair = *state;
    const pyw_vector *vector = pyw_vectors_find("log-error");
    unsigned char bytes[64];

    pyw_channel_queue(pair->channel, PYW_FRAME_LOG, 3, "oops", 4, -1);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_OK);
    assert_int_equal(recv(pair->peer, bytes, sizeof(bytes), MSG_DONTWAIT), vector->length);
    assert_memory_equal(bytes, vector->bytes, vector->length);
}

static void test_hundreds_of_frames_go_out_in_one_send(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);
    char bytes[600];

    for (int i = 0; i < 600; i++) {
        bytes[i] = (char)(i % 253);
        pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, bytes + i, 1, -1);
    }
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_OK);
    for (int i = 0; i < 600; i++) {
        pyw_socket_pair_expect(reader, PYW_FRAME_DATA, bytes + i, 1);
    }
    pyw_channel_destroy(reader);
}

static void test_long_data_becomes_frames_of_the_limit(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);
    pyw_frame frame;
    int fd;

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, PYW_DATA_LAST, large, LARGE + 1, 0);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    expect_large(reader, pair->channel, LARGE);
    fd = pyw_channel_take_fd(reader);
    assert_true(pyw_socket_pair_is_same_file(fd, 0));
    close(fd);
    while (pyw_channel_has_output(pair->channel)) {
        assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    }
    assert_int_equal(pyw_channel_read(reader, &frame, 0), PYW_OK);
    assert_int_equal(frame.length, 1);
    assert_int_equal(frame.flags, PYW_DATA_LAST);
    assert_int_equal(frame.payload[0], large[LARGE]);
    assert_int_equal(pyw_channel_take_fd(reader), -1);
    pyw_channel_destroy(reader);
}

static void test_no_frame_is_made_of_empty_data(void **state)
{
    pyw_socket_pair *pair = *state;
    char byte;

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, "", 0, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    assert_int_equal(recv(pair->peer, &byte, 1, MSG_DONTWAIT), -1);
}

static void test_a_frame_over_the_limit_of_its_type_fails_before_anything_is_sent(void **state)
{
    pyw_socket_pair *pair = *state;
    char byte;

    queue_end(pair->channel);
    pyw_channel_queue(pair->channel, PYW_FRAME_HEAD, 0, large, PYW_LIMIT_HEAD + 1, -1);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_FAILED);
    assert_int_equal(errno, EMSGSIZE);
    pyw_channel_queue(pair->channel, PYW_FRAME_REQUEST, 0, large, (size_t)UINT32_MAX + 9, -1);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_FAILED);
    assert_int_equal(errno, EMSGSIZE);
    assert_int_equal(recv(pair->peer, &byte, 1, MSG_DONTWAIT), -1);
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_OK);
    assert_int_equal(recv(pair->peer, &byte, 1, MSG_DONTWAIT), 1);
}

static void test_descriptors_travel_with_their_frames(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);
    const int fds[] = {open("/dev/null", O_RDONLY), open("/dev/zero", O_RDONLY)};

    queue_end(pair->channel);
    pyw_channel_queue(pair->channel, PYW_FRAME_STACKS, 0, NULL, 0, fds[0]);
    queue_end(pair->channel);
    pyw_channel_queue(pair->channel, PYW_FRAME_STACKS, 0, NULL, 0, fds[1]);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_OK);
    for (int i = 0; i < 2; i++) {
        int fd;

        pyw_socket_pair_expect(reader, PYW_FRAME_END, NULL, 0);
        pyw_socket_pair_expect(reader, PYW_FRAME_STACKS, NULL, 0);
        fd = pyw_channel_take_fd(reader);
        assert_true(pyw_socket_pair_is_same_file(fd, fds[i]));
        close(fd);
        close(fds[i]); /* still open: it belongs to the caller of send */
    }
    pyw_channel_destroy(reader);
}

static void test_without_waiting_the_rest_is_copied(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);
    char *bytes = malloc(LARGE);

    assert_non_null(bytes);
    memcpy(bytes, large, LARGE);
    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, bytes, LARGE, -1);
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    assert_true(pyw_channel_has_output(pair->channel));
    memset(bytes, 'x', LARGE);
    free(bytes);
    expect_large(reader, pair->channel, LARGE);
    pyw_socket_pair_expect(reader, PYW_FRAME_END, NULL, 0);
    assert_false(pyw_channel_has_output(pair->channel));
    pyw_channel_destroy(reader);
}

static void test_copied_descriptors_survive_their_owner(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);
    int fds[] = {open("/dev/null", O_RDONLY), open("/dev/zero", O_RDONLY)};
    static const char *const paths[] = {"/dev/null", "/dev/zero"};

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    pyw_channel_queue(pair->channel, PYW_FRAME_STACKS, 0, NULL, 0, fds[0]);
    pyw_channel_queue(pair->channel, PYW_FRAME_STACKS, 0, NULL, 0, fds[1]);
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    close(fds[0]);
    close(fds[1]);
    expect_large(reader, pair->channel, LARGE);
    while (pyw_channel_has_output(pair->channel)) {
        assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    }
    for (int i = 0; i < 2; i++) {
        int expected = open(paths[i], O_RDONLY);
        int fd;

        pyw_socket_pair_expect(reader, PYW_FRAME_STACKS, NULL, 0);
        fd = pyw_channel_take_fd(reader);
        assert_true(pyw_socket_pair_is_same_file(fd, expected));
        close(fd);
        close(expected);
    }
    pyw_socket_pair_expect(reader, PYW_FRAME_END, NULL, 0);
    pyw_channel_destroy(reader);
}

static void test_if_nothing_fits_the_queue_is_dropped_and_may_come_again(void **state)
{
    pyw_socket_pair *pair = *state;
    int filled = fill_socket(pair->channel);
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, "hello", 5, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_AGAIN);
    assert_false(pyw_channel_has_output(pair->channel));
    for (int i = 0; i < filled; i++) {
        pyw_socket_pair_expect(reader, PYW_FRAME_END, NULL, 0);
    }
    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, "world", 5, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    pyw_socket_pair_expect(reader, PYW_FRAME_DATA, "world", 5);
    pyw_channel_destroy(reader);
}

static void test_a_queue_waits_for_the_rest_of_the_one_before(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);
    pyw_frame frame;

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, "dropped", 7, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_AGAIN);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_AGAIN); /* no progress with the backlog alone, either */
    expect_large(reader, pair->channel, LARGE);
    assert_int_equal(pyw_channel_read(reader, &frame, 0), PYW_AGAIN);
    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, "taken", 5, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    pyw_socket_pair_expect(reader, PYW_FRAME_DATA, "taken", 5);
    pyw_channel_destroy(reader);
}

static void test_the_rest_and_a_new_queue_leave_in_one_call(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);
    pyw_frame frame;
    pyw_result result;

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    do {
        while (pyw_channel_read(reader, &frame, 0) == PYW_OK) {
            assert_int_equal(frame.type, PYW_FRAME_DATA);
        }
        queue_end(pair->channel);
        result = pyw_channel_send(pair->channel, 0);
    } while (result == PYW_AGAIN);
    assert_int_equal(result, PYW_OK);
    do {
        assert_int_equal(pyw_channel_read(reader, &frame, 0), PYW_OK);
    } while (frame.type == PYW_FRAME_DATA);
    assert_int_equal(frame.type, PYW_FRAME_END);
    pyw_channel_destroy(reader);
}

static void test_a_timeout_before_the_first_byte_breaks_nothing(void **state)
{
    pyw_socket_pair *pair = *state;
    int filled = fill_socket(pair->channel);
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);

    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, 1), PYW_TIMEOUT);
    for (int i = 0; i < filled; i++) {
        pyw_socket_pair_expect(reader, PYW_FRAME_END, NULL, 0);
    }
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, 1), PYW_OK);
    pyw_channel_destroy(reader);
}

static void test_a_timeout_amid_a_frame_breaks_the_channel_until_it_is_closed(void **state)
{
    pyw_socket_pair *pair = *state;
    int fds[2];

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 1), PYW_TIMEOUT);
    assert_false(pyw_channel_has_output(pair->channel));
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_GONE);
    pyw_channel_close(pair->channel);
    pyw_socket_pair_close_peer(pair);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    pyw_channel_open(pair->channel, fds[0]);
    pair->peer = fds[1];
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_OK);
}

/* A frame with a descriptor needs a call of its own, so the frames before it arrive even if that call fails. */
static void test_frames_before_one_that_cannot_be_sent_are_read(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);
    int closed = dup(0);

    close(closed);
    queue_end(pair->channel);
    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, "x", 1, closed);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_FAILED);
    pyw_socket_pair_expect(reader, PYW_FRAME_END, NULL, 0);
    pyw_channel_destroy(reader);
}

static void test_waiting_for_the_rest_can_time_out(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *reader = pyw_socket_pair_peer_channel(pair);

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, 1), PYW_TIMEOUT);
    expect_large(reader, pair->channel, LARGE); /* the rest is complete */
    pyw_channel_destroy(reader);
}

static void test_a_peer_that_closed_is_gone_and_raises_no_signal(void **state)
{
    pyw_socket_pair *pair = *state;

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    pyw_socket_pair_close_peer(pair);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_GONE);
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_GONE);
}

static void test_closing_drops_the_rest_and_closes_its_descriptors(void **state)
{
    pyw_socket_pair *pair = *state;
    int before = pyw_socket_pair_count_fds();

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    pyw_channel_queue(pair->channel, PYW_FRAME_STACKS, 0, NULL, 0, 0);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    assert_int_equal(pyw_socket_pair_count_fds(), before + 1);
    pyw_channel_close(pair->channel);
    assert_int_equal(pyw_socket_pair_count_fds(), before - 1);
    assert_false(pyw_channel_has_output(pair->channel));
}

static void test_a_frame_that_cannot_be_queued_fails_the_next_send_only(void **state)
{
    pyw_socket_pair *pair = *state;
    char byte;

    pyw_scarce_memory_fail_after(0);
    queue_end(pair->channel);
    assert_true(pyw_scarce_memory_end());
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_FAILED);
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(recv(pair->peer, &byte, 1, MSG_DONTWAIT), -1);
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_OK);
}

/* If copying the rest of a partly sent frame fails, the peer would misread the next frames. */
static void test_a_rest_that_cannot_be_copied_breaks_the_channel(void **state)
{
    pyw_socket_pair *pair = *state;

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    pyw_scarce_memory_fail_after(0);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_FAILED);
    assert_int_equal(errno, ENOMEM);
    assert_true(pyw_scarce_memory_end());
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_GONE);
}

static void test_descriptors_that_cannot_be_kept_break_the_channel(void **state)
{
    pyw_socket_pair *pair = *state;

    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    pyw_channel_queue(pair->channel, PYW_FRAME_STACKS, 0, NULL, 0, 0);
    pyw_scarce_memory_fail_after(1); /* the bytes of the first frame are copied, the list of descriptors fails */
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_FAILED);
    assert_true(pyw_scarce_memory_end());
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_GONE);
}

static void test_a_descriptor_that_is_not_open_fails(void **state)
{
    pyw_socket_pair *pair = *state;
    int closed = dup(0);

    close(closed);
    pyw_channel_queue(pair->channel, PYW_FRAME_STACKS, 0, NULL, 0, closed);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_FAILED);
    assert_int_equal(errno, EBADF);
    queue_end(pair->channel);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_OK);
    pyw_channel_queue(pair->channel, PYW_FRAME_DATA, 0, large, LARGE, -1);
    pyw_channel_queue(pair->channel, PYW_FRAME_STACKS, 0, NULL, 0, closed);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_FAILED);
    assert_int_equal(errno, EBADF);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_GONE);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, pyw_socket_pair_open, pyw_socket_pair_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAIR(test_queued_frames_go_out_in_order),
        WITH_PAIR(test_flags_and_types_are_those_of_the_page),
        WITH_PAIR(test_hundreds_of_frames_go_out_in_one_send),
        WITH_PAIR(test_long_data_becomes_frames_of_the_limit),
        WITH_PAIR(test_no_frame_is_made_of_empty_data),
        WITH_PAIR(test_a_frame_over_the_limit_of_its_type_fails_before_anything_is_sent),
        WITH_PAIR(test_descriptors_travel_with_their_frames),
        WITH_PAIR(test_without_waiting_the_rest_is_copied),
        WITH_PAIR(test_copied_descriptors_survive_their_owner),
        WITH_PAIR(test_if_nothing_fits_the_queue_is_dropped_and_may_come_again),
        WITH_PAIR(test_a_queue_waits_for_the_rest_of_the_one_before),
        WITH_PAIR(test_the_rest_and_a_new_queue_leave_in_one_call),
        WITH_PAIR(test_a_timeout_before_the_first_byte_breaks_nothing),
        WITH_PAIR(test_a_timeout_amid_a_frame_breaks_the_channel_until_it_is_closed),
        WITH_PAIR(test_frames_before_one_that_cannot_be_sent_are_read),
        WITH_PAIR(test_waiting_for_the_rest_can_time_out),
        WITH_PAIR(test_a_peer_that_closed_is_gone_and_raises_no_signal),
        WITH_PAIR(test_closing_drops_the_rest_and_closes_its_descriptors),
        WITH_PAIR(test_a_frame_that_cannot_be_queued_fails_the_next_send_only),
        WITH_PAIR(test_a_rest_that_cannot_be_copied_breaks_the_channel),
        WITH_PAIR(test_descriptors_that_cannot_be_kept_break_the_channel),
        WITH_PAIR(test_a_descriptor_that_is_not_open_fails),
    };

    return cmocka_run_group_tests_name("outbox", tests, fill_large, NULL);
}
