/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "wire/wait.h"

typedef struct pipe_ends {
    int read_end;
    int write_end;
} pipe_ends;

static int open_pipe(void **state)
{
    static pipe_ends ends;
    int fds[2];

    if (pipe(fds) != 0) {
        return 1;
    }
    ends = (pipe_ends){fds[0], fds[1]};
    *state = &ends;
    return 0;
}

static int close_pipe(void **state)
{
    const pipe_ends *ends = *state;

    close(ends->read_end);
    return close(ends->write_end);
}

static void test_a_ready_socket_needs_no_wait(void **state)
{
    const pipe_ends *ends = *state;

    assert_int_equal(pyw_wait(ends->write_end, POLLOUT, pyw_wait_deadline(0)), PYW_OK);
    assert_int_equal(pyw_wait(ends->write_end, POLLOUT, pyw_wait_deadline(-1)), PYW_OK);
    assert_int_equal(pyw_wait(ends->write_end, POLLOUT, pyw_clock_ms() - 1000), PYW_OK);
}

static void test_a_deadline_ends_the_wait(void **state)
{
    const pipe_ends *ends = *state;
    int64_t before = pyw_clock_ms();

    assert_int_equal(pyw_wait(ends->read_end, POLLIN, pyw_wait_deadline(20)), PYW_TIMEOUT);
    assert_true(pyw_clock_ms() - before >= 20);
}

static void test_a_deadline_that_is_over_ends_it_at_once(void **state)
{
    const pipe_ends *ends = *state;

    assert_int_equal(pyw_wait(ends->read_end, POLLIN, pyw_clock_ms() - 1000), PYW_TIMEOUT);
}

static void test_a_negative_timeout_never_ends(void **state)
{
    assert_true(pyw_wait_deadline(-1) == INT64_MAX);
    assert_true(pyw_wait_deadline(1000) < INT64_MAX);
}

static void test_a_hangup_is_ready_because_the_next_call_reports_it(void **state)
{
    pipe_ends *ends = *state;

    close(ends->write_end);
    assert_int_equal(pyw_wait(ends->read_end, POLLIN, pyw_wait_deadline(-1)), PYW_OK);
    ends->write_end = dup(ends->read_end);
}

static void test_a_poll_that_fails_is_a_local_failure(void **state)
{
    const pipe_ends *ends = *state;
    struct rlimit before;
    struct rlimit none;
    pyw_result result;
    int error;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0; /* poll(2) refuses more entries than that */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    result = pyw_wait(ends->read_end, POLLIN, pyw_wait_deadline(-1));
    error = errno;
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(result, PYW_FAILED);
    assert_int_equal(error, EINVAL);
}

static void test_each_errno_has_its_result(void **state)
{
    static const struct {
        int error;
        pyw_result expected;
    } rows[] = {
        {EAGAIN, PYW_AGAIN},  {EWOULDBLOCK, PYW_AGAIN}, {ECONNRESET, PYW_GONE}, {EPIPE, PYW_GONE},
        {ENOTCONN, PYW_GONE}, {EBADF, PYW_FAILED},      {ENOBUFS, PYW_FAILED},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        errno = rows[i].error;
        assert_int_equal(pyw_wait_result(), rows[i].expected);
    }
}

#define WITH_PIPE(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PIPE(test_a_ready_socket_needs_no_wait),
        WITH_PIPE(test_a_deadline_ends_the_wait),
        WITH_PIPE(test_a_deadline_that_is_over_ends_it_at_once),
        cmocka_unit_test(test_a_negative_timeout_never_ends),
        WITH_PIPE(test_a_hangup_is_ready_because_the_next_call_reports_it),
        WITH_PIPE(test_a_poll_that_fails_is_a_local_failure),
        cmocka_unit_test(test_each_errno_has_its_result),
    };

    return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
