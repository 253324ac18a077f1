/* SPDX-License-Identifier: Apache-2.0 */
#include "pyw_cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/pyw_log_file.h"

typedef struct pipe_ends {
    int read_end;
    int write_end;
} pipe_ends;

static int open_pipe(void **state)
{
    static pipe_ends ends;
    int fds[2];

    if (pipe2(fds, O_NONBLOCK) != 0) {
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

/* The one line that was written, without its newline, in `line`; returns what stands behind the three brackets. */
static const char *read_line(const pipe_ends *ends, char *line, size_t size)
{
    ssize_t length = read(ends->read_end, line, size - 1);
    char *text;

    assert_true(length > 0);
    assert_int_equal(line[length - 1], '\n');
    line[length - 1] = '\0';
    assert_null(strchr(line, '\n'));
    text = strstr(line, "] [pid ");
    assert_non_null(text);
    text = strstr(text + 2, "] ");
    assert_non_null(text);
    return text + 2;
}

static void test_a_record_is_a_line_of_httpds_form(void **state)
{
    const pipe_ends *ends = *state;
    char line[10000];
    char expected[100];
    char when[32];
    struct tm day = {0};
    int microseconds = -1;
    const char *rest;

    pyw_log_file_write(ends->write_end, PYW_LOG_ERR, "hello", 5);
    assert_string_equal(read_line(ends, line, sizeof(line)), "hello");
    rest = strptime(line, "[%a %b %d %H:%M:%S.", &day);
    assert_non_null(rest);
    assert_int_equal(sscanf(rest, "%6d %d]", &microseconds, &day.tm_year), 2);
    assert_in_range(microseconds, 0, 999999);
    snprintf(when, sizeof(when), "%ld", (long)getpid());
    snprintf(expected, sizeof(expected), "] [pywsgi:error] [pid %s:tid %s] hello", when, when);
    assert_non_null(strstr(line, expected));
}

static void test_levels_have_httpds_names(void **state)
{
    static const char *const names[] = {"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", "trace1"};
    const pipe_ends *ends = *state;
    char line[10000];
    char expected[32];

    for (int level = PYW_LOG_EMERG; level <= PYW_LOG_TRACE; level++) {
        pyw_log_file_sink((void *)&(int){ends->write_end}, (pyw_log_level)level, "x", 1);
        read_line(ends, line, sizeof(line));
        snprintf(expected, sizeof(expected), "[pywsgi:%s]", names[level]);
        assert_non_null(strstr(line, expected));
    }
    pyw_log_file_write(ends->write_end, (pyw_log_level)(PYW_LOG_TRACE + 1), "x", 1);
    read_line(ends, line, sizeof(line));
    assert_non_null(strstr(line, "[pywsgi:trace1]"));
}

static void test_nobody_can_forge_a_second_line(void **state)
{
    const pipe_ends *ends = *state;
    char line[10000];

    pyw_log_file_write(ends->write_end, PYW_LOG_ERR, "a\n[fake]", 8);
    assert_string_equal(read_line(ends, line, sizeof(line)), "a\\x0a[fake]");
}

static void test_the_longest_record_is_one_line(void **state)
{
    const pipe_ends *ends = *state;
    char text[PYW_LOG_RECORD_MAX];
    char line[4 * PYW_LOG_RECORD_MAX];

    memset(text, 'x', sizeof(text));
    pyw_log_file_write(ends->write_end, PYW_LOG_ERR, text, sizeof(text) - 1);
    assert_int_equal(strlen(read_line(ends, line, sizeof(line))), sizeof(text) - 1);
    memset(text, '\n', sizeof(text)); /* four bytes each when they are escaped: cut */
    pyw_log_file_write(ends->write_end, PYW_LOG_ERR, text, sizeof(text) - 1);
    assert_true(strlen(read_line(ends, line, sizeof(line))) >= sizeof(text) - 1);
}

static void test_errno_and_a_full_log_do_not_matter(void **state)
{
    const pipe_ends *ends = *state;
    char byte = 'x';

    while (write(ends->write_end, &byte, 1) == 1) {
    }
    errno = EPROTO;
    pyw_log_file_write(ends->write_end, PYW_LOG_ERR, "lost", 4);
    pyw_log_file_write(-1, PYW_LOG_ERR, "lost", 4);
    assert_int_equal(errno, EPROTO);
}

#define WITH_PIPE(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PIPE(test_a_record_is_a_line_of_httpds_form),  WITH_PIPE(test_levels_have_httpds_names),
        WITH_PIPE(test_nobody_can_forge_a_second_line),     WITH_PIPE(test_the_longest_record_is_one_line),
        WITH_PIPE(test_errno_and_a_full_log_do_not_matter),
    };

    return cmocka_run_group_tests_name("log file", tests, NULL, NULL);
}
