/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log/pipe.h"
#include "worker/heritage.h"
#include "worker/log.h"

enum { LONG = PYW_LOG_RECORD_MAX - 1 };

static char got[4 * PYW_LOG_RECORD_MAX];

static void keep(void *baton, pyw_log_level level, long tid, const char *text, size_t length)
{
    strncat(got, text, length);
    strcat(got, "|");
}

/* The pipe holds one line. */
static int open_pipe(void)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, PYW_LOG_PIPE_MOST), PYW_LOG_PIPE_MOST);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    assert_int_equal(dup2(ends[1], PYW_HERITAGE_RECORDS), PYW_HERITAGE_RECORDS);
    close(ends[1]);
    pyw_worker_log_open();
    return ends[0];
}

static void take(pyw_log_pipe *lines, int fd)
{
    char data[PYW_LOG_PIPE_MOST];
    ssize_t length = read(fd, data, sizeof(data));

    assert_true(length > 0);
    pyw_log_pipe_take(lines, data, (size_t)length, keep, NULL);
}

static void test_a_record_that_was_cut_does_not_take_in_the_next_one(void **state)
{
    static pyw_log_pipe lines;
    static char text[LONG];
    int fd = open_pipe();

    memset(text, 'x', sizeof(text));
    pyw_worker_log_sink(NULL, PYW_LOG_ERR, text, sizeof(text));
    take(&lines, fd);
    pyw_worker_log_sink(NULL, PYW_LOG_INFO, "next", 4);
    take(&lines, fd);
    assert_int_equal(strspn(got, "x"), strcspn(got, "|"));
    assert_string_equal(got + strlen(got) - strlen("|next|"), "|next|");
    close(fd);
    close(PYW_HERITAGE_RECORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_record_that_was_cut_does_not_take_in_the_next_one)};

    return cmocka_run_group_tests_name("worker log", tests, NULL, NULL);
}
