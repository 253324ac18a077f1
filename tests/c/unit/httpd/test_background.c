/* SPDX-License-Identifier: Apache-2.0 */
/* The background thread of an httpd child, without httpd. */
#include "any_slots.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "httpd/backend/background.h"
#include "socket_pair.h"

enum { BUSY_MACHINE_MS = 10000, FAR_MS = 60000 };

#define WAIT_FOR(condition)                                                                                            \
    do {                                                                                                               \
        int64_t end = pyw_clock_ms() + BUSY_MACHINE_MS;                                                                \
        while (!(condition) && pyw_clock_ms() < end) {                                                                 \
            poll(NULL, 0, 1);                                                                                          \
        }                                                                                                              \
        assert_true(condition);                                                                                        \
    } while (0)

/* A child, and its connection to a worker. */
static struct {
    apr_pool_t *pool;
    pyw_socket_pair *pair;
    pyw_background_request request;
    atomic_int done, late;
    atomic_int records; /* those of `tag` */
    const char *tag;
} child;

static void count_record(void *unused, pyw_log_level level, const char *text, size_t length)
{
    child.records += child.tag && strncmp(text, child.tag, strlen(child.tag)) == 0;
}

static void count_done(void *unused)
{
    child.done++;
}

static void count_late(void *unused)
{
    child.late++;
}

static int set_up_child(void **state)
{
    memset(&child, 0, sizeof(child));
    pyw_log_install(count_record, NULL, PYW_LOG_INFO);
    apr_initialize();
    apr_pool_create(&child.pool, NULL);
    pyw_background_child_init(child.pool);
    pyw_socket_pair_open((void **)&child.pair);
    pyw_channel_set_ahead_limits(child.pair->channel, 1000, 1000, "/tmp");
    child.request = (pyw_background_request){
        .fd = pyw_channel_fd(child.pair->channel),
        .channel = child.pair->channel,
        .worker_done = count_done,
        .out_of_time = count_late,
    };
    return set_up(state);
}

static void end_child(void)
{
    if (child.pool) {
        apr_pool_destroy(child.pool);
        child.pool = NULL;
    }
}

static int tear_down_child(void **state)
{
    end_child();
    pyw_log_install(NULL, NULL, PYW_LOG_EMERG);
    return pyw_socket_pair_close((void **)&child.pair) | tear_down(state);
}

static unsigned running(void)
{
    pyw_slots_figures figures;

    pyw_slots_read_figures(table.slots, &figures);
    return figures.running;
}

/* Bytes that the worker has sent, and that are still in the socket. */
static int unread(void)
{
    int count = -1;

    ioctl(child.request.fd, FIONREAD, &count);
    return count;
}

static int is_refused(void)
{
    return send(child.pair->peer, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE;
}

/* A request of the worker `pid` is abandoned; the child's connection stays with the test. */
static void abandon(pid_t pid, int64_t until)
{
    pyw_slot slot = enter(&plain, PYW_SLOT_GRANTED);

    slot.pid = (uint32_t)pid;
    pyw_background_abandon("blog", table.slots, &slot, dup(child.request.fd), until);
}

static void test_a_response_is_read_ahead_while_its_client_is_slow(void **state)
{
    pyw_background_begin(&child.request);
    pyw_socket_pair_write_example(child.pair, "data-hello");
    pyw_socket_pair_write_example(child.pair, "end");
    WAIT_FOR(child.done == 1);
    pyw_background_end(&child.request);
    pyw_socket_pair_expect(child.pair->channel, PYW_FRAME_DATA, "hello", 5);
    pyw_socket_pair_expect(child.pair->channel, PYW_FRAME_END, NULL, 0);
    assert_int_equal(child.late, 0);
}

static void test_reading_ahead_continues_after_the_buffer_was_full(void **state)
{
    pyw_channel_set_ahead_limits(child.pair->channel, 1, 0, "/tmp");
    for (int i = 0; i < 2; i++) {
        pyw_socket_pair_write_example(child.pair, "data-hello");
        pyw_background_begin(&child.request);
        WAIT_FOR(unread() == PYW_FRAME_HEADER_SIZE + 5 - 1);
        pyw_background_end(&child.request);
        assert_int_equal(child.request.state, PYW_BACKGROUND_FULL);
        pyw_socket_pair_expect(child.pair->channel, PYW_FRAME_DATA, "hello", 5);
    }
}

static void test_an_incomplete_response_is_refused_at_its_deadline(void **state)
{
    child.request.due = pyw_clock_ms();
    pyw_socket_pair_write_example(child.pair, "data-hello");
    pyw_background_begin(&child.request);
    WAIT_FOR(child.late == 1);
    WAIT_FOR(is_refused());
    assert_int_equal(child.done, 0);
    pyw_socket_pair_close_peer(child.pair);
    WAIT_FOR(child.done == 1);
    pyw_background_end(&child.request);
    assert_int_equal(child.request.state, PYW_BACKGROUND_REFUSED);
    assert_int_equal(child.late, 1);
}

static void test_a_complete_response_is_never_late(void **state)
{
    child.request.due = pyw_clock_ms();
    pyw_socket_pair_write_example(child.pair, "data-last");
    pyw_socket_pair_write_example(child.pair, "end");
    pyw_background_begin(&child.request);
    WAIT_FOR(child.done == 1);
    pyw_background_end(&child.request);
    assert_int_equal(child.late, 0);
}

static void test_an_abandoned_request_keeps_its_slot_until_the_worker_closes(void **state)
{
    abandon(getpid(), pyw_clock_ms() + FAR_MS);
    assert_true(is_refused());
    assert_int_equal(running(), 1);
    pyw_socket_pair_close_peer(child.pair);
    WAIT_FOR(running() == 0);
}

static void test_the_slot_is_free_when_the_worker_is_gone(void **state)
{
    pid_t worker = fork();

    if (worker == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(worker, NULL, 0), worker);
    child.tag = "PYW0227";
    abandon(worker, pyw_clock_ms() + FAR_MS);
    WAIT_FOR(running() == 0);
    assert_int_equal(child.records, 1);
}

static void test_the_slot_is_free_at_the_time_limit(void **state)
{
    child.tag = "PYW0226";
    abandon(getpid(), pyw_clock_ms());
    WAIT_FOR(running() == 0);
    assert_int_equal(child.records, 1);
}

static void test_both_kinds_of_requests_share_the_thread(void **state)
{
    pyw_background_begin(&child.request);
    abandon(getpid(), pyw_clock_ms() + FAR_MS);
    abandon(getpid(), pyw_clock_ms());
    WAIT_FOR(running() == 1);
    pyw_socket_pair_close_peer(child.pair);
    WAIT_FOR(running() == 0 && child.done == 1);
    pyw_background_end(&child.request);
}

static void test_the_slots_are_free_when_the_child_exits(void **state)
{
    pyw_background_begin(&child.request);
    abandon(getpid(), pyw_clock_ms() + FAR_MS);
    end_child();
    assert_int_equal(running(), 0);
    pyw_background_end(&child.request);
    abandon(getpid(), pyw_clock_ms() + FAR_MS);
    assert_int_equal(running(), 0);
    pyw_background_begin(&child.request);
    pyw_background_end(&child.request);
}

#define WITH_CHILD(name) cmocka_unit_test_setup_teardown(name, set_up_child, tear_down_child)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CHILD(test_a_response_is_read_ahead_while_its_client_is_slow),
        WITH_CHILD(test_reading_ahead_continues_after_the_buffer_was_full),
        WITH_CHILD(test_an_incomplete_response_is_refused_at_its_deadline),
        WITH_CHILD(test_a_complete_response_is_never_late),
        WITH_CHILD(test_an_abandoned_request_keeps_its_slot_until_the_worker_closes),
        WITH_CHILD(test_the_slot_is_free_when_the_worker_is_gone),
        WITH_CHILD(test_the_slot_is_free_at_the_time_limit),
        WITH_CHILD(test_both_kinds_of_requests_share_the_thread),
        WITH_CHILD(test_the_slots_are_free_when_the_child_exits),
    };

    return cmocka_run_group_tests_name("background", tests, NULL, NULL);
}
