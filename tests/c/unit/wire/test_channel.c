/* SPDX-License-Identifier: Apache-2.0 */
/* Reading from a channel, opening and closing it. test_outbox.c tests sending. */
#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "scarce_memory.h"
#include "socket_pair.h"
#include "vectors.h"

enum { DEADLINE_MS = 20000 }; /* for events that must happen soon; only a defect reaches it */

static void test_a_frame_in_single_bytes_comes_out_whole(void **state)
{
    pyw_socket_pair *pair = *state;
    const pyw_vector *vector = pyw_vectors_find("request-get");
    pyw_frame frame;

    for (size_t i = 0; i < vector->length; i++) {
        assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_AGAIN);
        assert_false(pyw_channel_has_input(pair->channel));
        pyw_socket_pair_write(pair, vector->bytes + i, 1);
    }
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_OK);
    assert_int_equal(frame.type, PYW_FRAME_REQUEST);
    assert_int_equal(frame.remaining, 0);
    assert_int_equal(frame.length, vector->length - PYW_FRAME_HEADER_SIZE);
    assert_memory_equal(frame.payload, vector->bytes + PYW_FRAME_HEADER_SIZE, frame.length);
}

static void test_frames_that_came_together_are_seen_without_poll(void **state)
{
    pyw_socket_pair *pair = *state;

    pyw_socket_pair_write_example(pair, "log-error");
    pyw_socket_pair_write_example(pair, "data-last");
    pyw_socket_pair_write_example(pair, "end");
    assert_false(pyw_channel_has_input(pair->channel));
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_LOG, "oops", 4);
    assert_true(pyw_channel_has_input(pair->channel));
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "world\n", 6);
    assert_true(pyw_channel_has_input(pair->channel));
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
    assert_false(pyw_channel_has_input(pair->channel));
}

static void expect_piece(pyw_channel *channel, const char *bytes, uint32_t remaining, unsigned flags)
{
    pyw_frame frame;

    assert_int_equal(pyw_channel_read(channel, &frame, 0), PYW_OK);
    assert_int_equal(frame.type, PYW_FRAME_DATA);
    assert_int_equal(frame.length, strlen(bytes));
    assert_memory_equal(frame.payload, bytes, frame.length);
    assert_int_equal(frame.remaining, remaining);
    assert_int_equal(frame.flags, flags);
}

static void test_data_comes_in_pieces_and_the_last_has_the_flag(void **state)
{
    pyw_socket_pair *pair = *state;
    const unsigned char *bytes = pyw_vectors_find("data-last")->bytes;
    pyw_frame frame;

    pyw_socket_pair_write(pair, bytes, PYW_FRAME_HEADER_SIZE);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_AGAIN);
    pyw_socket_pair_write(pair, bytes + 8, 2);
    expect_piece(pair->channel, "wo", 4, 0);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_AGAIN);
    pyw_socket_pair_write(pair, bytes + 10, 1);
    expect_piece(pair->channel, "r", 3, 0);
    pyw_socket_pair_write(pair, bytes + 11, 3);
    pyw_socket_pair_write_example(pair, "data-hello");
    expect_piece(pair->channel, "ld\n", 0, PYW_DATA_LAST);
    expect_piece(pair->channel, "hello", 0, 0);
}

static void test_end_of_file_between_frames_is_orderly(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_frame frame;

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_close_peer(pair);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, DEADLINE_MS), PYW_EOF);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_EOF);
}

static void test_end_of_file_inside_a_frame_is_not(void **state)
{
    static const size_t cuts[] = {1, 7, 8, 9, 95};
    const pyw_vector *vector = pyw_vectors_find("request-get");

    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        void *inner;
        pyw_socket_pair *pair;
        pyw_frame frame;

        pyw_socket_pair_open(&inner);
        pair = inner;
        pyw_socket_pair_write(pair, vector->bytes, cuts[i]);
        pyw_socket_pair_close_peer(pair);
        assert_int_equal(pyw_channel_read(pair->channel, &frame, DEADLINE_MS), PYW_GONE);
        assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_GONE);
        assert_true(pyw_channel_has_input(pair->channel));
        assert_int_equal(pyw_socket_pair_close(&inner), 0);
    }
    (void)state;
}

static void test_end_of_file_inside_data_is_not(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_frame frame;

    pyw_socket_pair_write(pair, pyw_vectors_find("data-hello")->bytes, PYW_FRAME_HEADER_SIZE + 4);
    pyw_socket_pair_close_peer(pair);
    expect_piece(pair->channel, "hell", 1, 0);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_GONE);
}

static void test_bytes_before_a_reset_are_not_lost(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_frame frame;

    pyw_channel_queue(pair->channel, PYW_FRAME_END, 0, NULL, 0, -1);
    assert_int_equal(pyw_channel_send(pair->channel, 0), PYW_OK);
    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_close_peer(pair); /* with unread bytes: a reset */
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_GONE);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_GONE);
}

static void test_nothing_is_read_after_a_malformed_frame(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_frame frame;

    pyw_socket_pair_write_example(pair, "data-hello");
    pyw_socket_pair_write_example(pair, "bad-type-255");
    pyw_socket_pair_write_example(pair, "end");
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_DATA, "hello", 5);
    assert_true(pyw_channel_has_input(pair->channel));
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_MALFORMED);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_MALFORMED);
    assert_true(pyw_channel_has_input(pair->channel));
}

static void test_a_timeout_keeps_the_part_that_came(void **state)
{
    pyw_socket_pair *pair = *state;
    const pyw_vector *vector = pyw_vectors_find("head-200");
    pyw_frame frame;

    pyw_socket_pair_write(pair, vector->bytes, 10);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 1), PYW_TIMEOUT);
    pyw_socket_pair_write(pair, vector->bytes + 10, vector->length - 10);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, PYW_CHANNEL_FOREVER), PYW_OK);
    assert_int_equal(frame.length, vector->length - PYW_FRAME_HEADER_SIZE);
    assert_memory_equal(frame.payload, vector->bytes + PYW_FRAME_HEADER_SIZE, frame.length);
}

static volatile sig_atomic_t alarms;
static int alarm_fd;
static const pyw_vector *alarm_frame;

/* The third alarm sends the frame, so that poll(2) was interrupted at least twice. */
static void on_alarm(int signal_number)
{
    if (++alarms == 3 && write(alarm_fd, alarm_frame->bytes, alarm_frame->length) < 0) {
        _exit(3);
    }
}

static void test_signals_do_not_end_the_wait(void **state)
{
    pyw_socket_pair *pair = *state;
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval often = {{0, 2000}, {0, 2000}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    struct sigaction before;
    pyw_frame frame;
    pyw_result result;

    alarms = 0;
    alarm_fd = pair->peer;
    alarm_frame = pyw_vectors_find("ready");
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    result = pyw_channel_read(pair->channel, &frame, DEADLINE_MS);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_int_equal(result, PYW_OK);
    assert_int_equal(frame.type, PYW_FRAME_READY);
}

static void test_descriptors_come_out_in_order_and_close_on_exec(void **state)
{
    pyw_socket_pair *pair = *state;
    int null = open("/dev/null", O_RDONLY);
    int zero = open("/dev/zero", O_RDONLY);
    const pyw_vector *vector = pyw_vectors_find("file-5-to-12");
    int first;
    int second;

    pyw_socket_pair_write_fds(pair, vector->bytes, vector->length, &null, 1);
    pyw_socket_pair_write_fds(pair, vector->bytes, vector->length, &zero, 1);
    assert_int_equal(pyw_channel_take_fd(pair->channel), -1);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_FILE, (const char *)vector->bytes + 8, 16);
    first = pyw_channel_take_fd(pair->channel);
    assert_true(pyw_socket_pair_is_same_file(first, null));
    assert_int_equal(fcntl(first, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_FILE, (const char *)vector->bytes + 8, 16);
    second = pyw_channel_take_fd(pair->channel);
    assert_true(pyw_socket_pair_is_same_file(second, zero));
    assert_int_equal(pyw_channel_take_fd(pair->channel), -1);
    close(first);
    close(second);
    close(null);
    close(zero);
}

static void send_fds(pyw_socket_pair *pair, size_t count)
{
    int fds[32];

    for (size_t i = 0; i < count; i++) {
        fds[i] = 0;
    }
    pyw_socket_pair_write_fds(pair, pyw_vectors_find("stacks")->bytes, PYW_FRAME_HEADER_SIZE, fds, count);
}

static void test_sixteen_descriptors_may_wait(void **state)
{
    pyw_socket_pair *pair = *state;

    send_fds(pair, PYW_CHANNEL_FDS_MAX);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_STACKS, NULL, 0);
    for (int i = 0; i < PYW_CHANNEL_FDS_MAX; i++) {
        int fd = pyw_channel_take_fd(pair->channel);

        assert_true(pyw_socket_pair_is_same_file(fd, 0));
        close(fd);
    }
    assert_int_equal(pyw_channel_take_fd(pair->channel), -1);
}

static void test_a_seventeenth_descriptor_is_malformed_and_all_are_closed(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_frame frame;
    int before = pyw_socket_pair_count_fds();

    send_fds(pair, PYW_CHANNEL_FDS_MAX - 1);
    send_fds(pair, 2);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_STACKS, NULL, 0);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_MALFORMED);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_MALFORMED);
    assert_int_equal(pyw_channel_take_fd(pair->channel), -1);
    assert_int_equal(pyw_socket_pair_count_fds(), before);
}

static void test_cut_ancillary_data_is_malformed_and_all_are_closed(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_frame frame;
    int before = pyw_socket_pair_count_fds();

    send_fds(pair, PYW_CHANNEL_FDS_MAX + 1);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_MALFORMED);
    assert_int_equal(pyw_socket_pair_count_fds(), before);
}

static void test_descriptors_that_find_no_room_in_the_process_are_malformed(void **state)
{
    pyw_socket_pair *pair = *state;
    struct rlimit before;
    struct rlimit tight;
    int next = dup(0);
    pyw_frame frame;
    pyw_result result;

    send_fds(pair, 3);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)next + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    result = pyw_channel_read(pair->channel, &frame, 0);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(result, PYW_MALFORMED);
    assert_true(pyw_channel_has_lost_fd(pair->channel));
    assert_int_equal(pyw_channel_take_fd(pair->channel), -1);
}

static void test_other_ancillary_data_is_passed_over(void **state)
{
    pyw_socket_pair *pair = *state;
    int on = 1;
    int fd;

    assert_int_equal(setsockopt(pyw_channel_fd(pair->channel), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
    send_fds(pair, 1);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_STACKS, NULL, 0);
    fd = pyw_channel_take_fd(pair->channel);
    assert_true(fd >= 0);
    close(fd);
}

static void test_closing_forgets_everything_for_the_next_connection(void **state)
{
    pyw_socket_pair *pair = *state;
    int fds[2];
    pyw_frame frame;

    send_fds(pair, 2);
    pyw_socket_pair_write(pair, pyw_vectors_find("data-hello")->bytes, 10);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_STACKS, NULL, 0);
    expect_piece(pair->channel, "he", 3, 0);
    pyw_socket_pair_write_example(pair, "bad-type-0");
    pyw_channel_close(pair->channel);
    assert_int_equal(pyw_channel_fd(pair->channel), -1);
    pyw_channel_close(pair->channel);
    pyw_socket_pair_close_peer(pair);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    pyw_channel_open(pair->channel, fds[0]);
    pair->peer = fds[1];
    assert_false(pyw_channel_has_input(pair->channel));
    assert_int_equal(pyw_channel_take_fd(pair->channel), -1);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_AGAIN);
    pyw_socket_pair_write_example(pair, "data-hello");
    expect_piece(pair->channel, "hello", 0, 0);
}

static void test_peer_gone_sees_a_close_and_a_half_close(void **state)
{
    pyw_socket_pair *pair = *state;

    assert_false(pyw_channel_peer_gone(pair->channel));
    pyw_socket_pair_write_example(pair, "end");
    assert_false(pyw_channel_peer_gone(pair->channel));
    assert_int_equal(shutdown(pair->peer, SHUT_WR), 0);
    assert_true(pyw_channel_peer_gone(pair->channel));
    pyw_socket_pair_close_peer(pair);
    assert_true(pyw_channel_peer_gone(pair->channel));
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
    pyw_channel_close(pair->channel);
    assert_true(pyw_channel_peer_gone(pair->channel));
}

static void test_peer_spoke_sees_bytes_and_a_close(void **state)
{
    pyw_socket_pair *pair = *state;

    assert_false(pyw_channel_peer_spoke(pair->channel));
    pyw_socket_pair_write_example(pair, "end");
    assert_true(pyw_channel_peer_spoke(pair->channel));
    pyw_socket_pair_write_example(pair, "left");
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
    assert_true(pyw_channel_peer_spoke(pair->channel));
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_LEFT, NULL, 0);
    assert_false(pyw_channel_peer_spoke(pair->channel));
    pyw_socket_pair_close_peer(pair);
    assert_true(pyw_channel_peer_spoke(pair->channel));
}

static void test_a_closed_channel_fails(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_frame frame;

    pyw_channel_close(pair->channel);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, DEADLINE_MS), PYW_FAILED);
    assert_int_equal(errno, EBADF);
    pyw_channel_queue(pair->channel, PYW_FRAME_END, 0, NULL, 0, -1);
    assert_int_equal(pyw_channel_send(pair->channel, DEADLINE_MS), PYW_FAILED);
    assert_int_equal(errno, EBADF);
}

static void test_no_memory_is_a_local_failure(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_frame frame;

    pyw_scarce_memory_fail_after(0);
    assert_null(pyw_channel_create());
    assert_true(pyw_scarce_memory_end());
    pyw_socket_pair_write_example(pair, "end");
    pyw_scarce_memory_fail_after(0);
    assert_int_equal(pyw_channel_read(pair->channel, &frame, 0), PYW_FAILED);
    assert_int_equal(errno, ENOMEM);
    assert_true(pyw_scarce_memory_end());
    pyw_channel_destroy(NULL);
}

/* Sends the largest possible frame through a socket buffer that holds a small part of it. */
static void test_the_largest_frame_passes(void **state)
{
    pyw_socket_pair *pair = *state;
    pyw_channel *sender = pyw_socket_pair_peer_channel(pair);
    char *payload = malloc(PYW_LIMIT_REQUEST);
    pyw_frame frame;
    pyw_result result = PYW_AGAIN;

    assert_non_null(payload);
    for (int i = 0; i < PYW_LIMIT_REQUEST; i++) {
        payload[i] = (char)(i % 253);
    }
    pyw_channel_queue(sender, PYW_FRAME_REQUEST, 0, payload, PYW_LIMIT_REQUEST, -1);
    pyw_channel_queue(sender, PYW_FRAME_END, 0, NULL, 0, -1);
    assert_int_equal(pyw_channel_send(sender, 0), PYW_OK);
    while (result == PYW_AGAIN) {
        result = pyw_channel_read(pair->channel, &frame, 0);
        if (pyw_channel_has_output(sender)) {
            assert_int_equal(pyw_channel_send(sender, 0), PYW_OK);
        }
    }
    assert_int_equal(result, PYW_OK);
    assert_int_equal(frame.length, PYW_LIMIT_REQUEST);
    assert_int_equal(memcmp(frame.payload, payload, PYW_LIMIT_REQUEST), 0);
    pyw_socket_pair_expect(pair->channel, PYW_FRAME_END, NULL, 0);
    free(payload);
    pyw_channel_destroy(sender);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, pyw_socket_pair_open, pyw_socket_pair_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAIR(test_a_frame_in_single_bytes_comes_out_whole),
        WITH_PAIR(test_frames_that_came_together_are_seen_without_poll),
        WITH_PAIR(test_data_comes_in_pieces_and_the_last_has_the_flag),
        WITH_PAIR(test_end_of_file_between_frames_is_orderly),
        cmocka_unit_test(test_end_of_file_inside_a_frame_is_not),
        WITH_PAIR(test_end_of_file_inside_data_is_not),
        WITH_PAIR(test_bytes_before_a_reset_are_not_lost),
        WITH_PAIR(test_nothing_is_read_after_a_malformed_frame),
        WITH_PAIR(test_a_timeout_keeps_the_part_that_came),
        WITH_PAIR(test_signals_do_not_end_the_wait),
        WITH_PAIR(test_descriptors_come_out_in_order_and_close_on_exec),
        WITH_PAIR(test_sixteen_descriptors_may_wait),
        WITH_PAIR(test_a_seventeenth_descriptor_is_malformed_and_all_are_closed),
        WITH_PAIR(test_cut_ancillary_data_is_malformed_and_all_are_closed),
        WITH_PAIR(test_descriptors_that_find_no_room_in_the_process_are_malformed),
        WITH_PAIR(test_other_ancillary_data_is_passed_over),
        WITH_PAIR(test_closing_forgets_everything_for_the_next_connection),
        WITH_PAIR(test_peer_gone_sees_a_close_and_a_half_close),
        WITH_PAIR(test_peer_spoke_sees_bytes_and_a_close),
        WITH_PAIR(test_a_closed_channel_fails),
        WITH_PAIR(test_no_memory_is_a_local_failure),
        WITH_PAIR(test_the_largest_frame_passes),
    };

    return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
