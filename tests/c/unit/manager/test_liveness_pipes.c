/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "manager/shared/liveness_pipes.h"

enum { TWO_MORE = PYW_LIVENESS_PIPES_MOST + 2 };

static pyw_liveness_pipes lines;
static int children[TWO_MORE]; /* their writing ends, in the order of the configurations */
static int reading[TWO_MORE];

static int start_empty(void **state)
{
    memset(&lines, 0, sizeof(lines));
    memset(children, -1, sizeof(children));
    return 0;
}

static int close_all(void **state)
{
    for (int i = 0; i < TWO_MORE; i++) {
        if (children[i] >= 0) {
            close(children[i]);
        }
    }
    pyw_liveness_pipes_look(&lines);
    assert_int_equal(lines.count, 0);
    return 0;
}

static void configure(int number)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    reading[number - 1] = ends[0];
    children[number - 1] = ends[1];
    pyw_liveness_pipes_add(&lines, ends[0]);
    assert_int_equal(lines.newest, number);
}

static void leave(int number)
{
    close(children[number - 1]);
    children[number - 1] = -1;
    pyw_liveness_pipes_look(&lines);
}

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1 || errno != EBADF;
}

static void test_bytes_of_children_are_discarded(void **state)
{
    struct pollfd item;

    configure(1);
    assert_int_equal(write(children[0], "xy", 2), 2);
    pyw_liveness_pipes_look(&lines);
    item = (struct pollfd){reading[0], POLLIN, 0};
    assert_int_equal(poll(&item, 1, 0), 0);
    assert_int_equal(lines.count, 1);
    leave(1);
    assert_int_equal(lines.count, 0);
}

static void test_a_configuration_that_is_sent_again_has_one_pipe(void **state)
{
    int again;

    configure(1);
    configure(2);
    again = dup(reading[1]);
    pyw_liveness_pipes_add(&lines, again);
    assert_false(is_open(again));
    assert_int_equal(lines.count, 2);
    assert_int_equal(lines.newest, 2);
    leave(1);
    leave(2);
}

/* A child that writes continuously does not keep the manager busy. */
static void test_they_wake_the_manager_rarely(void **state)
{
    struct pollfd item;

    configure(1);
    assert_int_equal(write(children[0], "x", 1), 1);
    pyw_liveness_pipes_look(&lines);
    lines.woken_at = INT64_MAX - 1000;
    assert_int_equal(write(children[0], "y", 1), 1);
    pyw_liveness_pipes_look(&lines);
    item = (struct pollfd){reading[0], POLLIN, 0};
    assert_int_equal(poll(&item, 1, 0), 1);
    lines.woken_at = 1;
    pyw_liveness_pipes_look(&lines);
    assert_int_equal(poll(&item, 1, 0), 0);
    lines.woken_at = INT64_MAX - 1000;
    assert_int_equal(write(children[0], "z", 1), 1);
    leave(1);
    assert_int_equal(lines.count, 0);
}

static void test_children_count_as_alive_until_all_have_exited(void **state)
{
    int other;

    configure(1);
    other = dup(children[0]);
    leave(1);
    assert_false(pyw_liveness_pipes_is_gone(&lines, 1));
    close(other);
    pyw_liveness_pipes_look(&lines);
    assert_true(pyw_liveness_pipes_is_gone(&lines, 1));
    assert_false(is_open(reading[0]));
}

static void test_children_of_older_configurations_count_too(void **state)
{
    configure(1);
    configure(2);
    configure(3);
    leave(2);
    assert_false(pyw_liveness_pipes_is_gone(&lines, 2));
    leave(1);
    assert_true(pyw_liveness_pipes_is_gone(&lines, 2));
    assert_false(pyw_liveness_pipes_is_gone(&lines, 3));
}

static void test_bytes_of_children_have_no_meaning(void **state)
{
    configure(1);
    assert_int_equal(write(children[0], "gone", 4), 4);
    pyw_liveness_pipes_look(&lines);
    assert_false(pyw_liveness_pipes_is_gone(&lines, 1));
    leave(1);
    assert_true(pyw_liveness_pipes_is_gone(&lines, 1));
}

static void test_of_too_many_the_oldest_are_given_up(void **state)
{
    for (int number = 1; number <= TWO_MORE; number++) {
        configure(number);
    }
    assert_int_equal(lines.count, PYW_LIVENESS_PIPES_MOST);
    assert_false(is_open(reading[1]));
    assert_true(pyw_liveness_pipes_is_gone(&lines, 2));
    assert_false(pyw_liveness_pipes_is_gone(&lines, 3));
}

static void test_without_a_pipe_nothing_is_known(void **state)
{
    pyw_liveness_pipes_add(&lines, -1);
    assert_int_equal(lines.newest, 0);
}

#define EMPTY(test) cmocka_unit_test_setup_teardown(test, start_empty, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EMPTY(test_bytes_of_children_are_discarded),
        EMPTY(test_a_configuration_that_is_sent_again_has_one_pipe),
        EMPTY(test_they_wake_the_manager_rarely),
        EMPTY(test_children_count_as_alive_until_all_have_exited),
        EMPTY(test_children_of_older_configurations_count_too),
        EMPTY(test_bytes_of_children_have_no_meaning),
        EMPTY(test_of_too_many_the_oldest_are_given_up),
        EMPTY(test_without_a_pipe_nothing_is_known),
    };

    return cmocka_run_group_tests_name("liveness-pipes", tests, NULL, NULL);
}
