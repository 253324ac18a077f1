/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "manager/log/outlet.h"

enum { RECORD = 1000, WAIT_MS = 10 * 1000 };

static const pyw_log_origin origin = {PYW_LOG_ERR, 12, 34};
static char text[8 * 1024 * 1024];

/* Reads all available bytes of `fd`, as a string in `text`. */
static size_t read_all(int fd)
{
    size_t length = 0;
    ssize_t got;

    while ((got = read(fd, text + length, sizeof(text) - 1 - length)) > 0) {
        length += (size_t)got;
    }
    text[length] = '\0';
    return length;
}

static int count_lines(void)
{
    int count = 0;

    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        count++;
    }
    return count;
}

static void write_record(pyw_log_outlet *outlet, int number)
{
    char record[RECORD];

    memset(record, 'x', sizeof(record));
    snprintf(record, sizeof(record), "record %06d", number);
    record[strlen(record)] = ' ';
    pyw_log_outlet_write(outlet, &origin, record, sizeof(record));
}

static int flags_of(int fd)
{
    return fcntl(fd, F_GETFL);
}

/* A pipe with a blocking writing end, like httpd's pipes to log programs, and a non-blocking reading end. */
static void make_pipe(int ends[2])
{
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
}

static pyw_log_outlet *open_duplicate(int fd)
{
    pyw_log_outlet *outlet = pyw_log_outlet_create(fcntl(fd, F_DUPFD_CLOEXEC, 3));

    assert_non_null(outlet);
    return outlet;
}

/* ASan finds a use of the log in JSON after its end. */
static void test_a_log_in_json_ends_before_the_log_that_it_belongs_to(void **state)
{
    int plain[2], json[2];
    pyw_log_outlet *outlet;

    make_pipe(plain);
    make_pipe(json);
    outlet = open_duplicate(plain[1]);
    pyw_log_outlet_open_json(outlet, fcntl(json[1], F_DUPFD_CLOEXEC, 3), "app");
    pyw_log_outlet_sink(outlet, PYW_LOG_ERR, "PYW0001: text", strlen("PYW0001: text"));
    pyw_log_outlet_destroy(outlet, WAIT_MS);
    read_all(plain[0]);
    assert_non_null(strstr(text, "PYW0001: text"));
    read_all(json[0]);
    assert_int_equal(text[0], '{');
    for (int i = 0; i < 2; i++) {
        close(plain[i]);
        close(json[i]);
    }
}

static void test_a_record_goes_to_a_file_at_once(void **state)
{
    char path[] = "/tmp/test_log_outlet.XXXXXX";
    int fd = mkostemp(path, O_APPEND);
    pyw_log_outlet *outlet = open_duplicate(fd);

    pyw_log_outlet_write(outlet, &origin, "caf\xc3\xa9\n[fake]", 12);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    read_all(fd);
    assert_non_null(strstr(text, "[pywsgi:error] [pid 12:tid 34] caf\xc3\xa9\\x0a[fake]\n"));
    assert_int_equal(pyw_log_outlet_fd(outlet), -1);
    pyw_log_outlet_destroy(outlet, 0);
    close(fd);
    unlink(path);
}

static void test_text_that_is_too_long_for_a_record_is_written_in_several(void **state)
{
    int ends[2];
    pyw_log_outlet *outlet;
    static char bells[PYW_LOG_RECORD_MAX];
    size_t count = 0;

    make_pipe(ends);
    outlet = open_duplicate(ends[1]);
    memset(bells, '\a', sizeof(bells));
    pyw_log_outlet_write(outlet, &origin, bells, sizeof(bells));
    read_all(ends[0]);
    assert_int_equal(count_lines(), 4);
    for (const char *at = text; (at = strstr(at, "\\x07")) != NULL; at++) {
        count++;
    }
    assert_int_equal(count, sizeof(bells));
    pyw_log_outlet_destroy(outlet, 0);
    close(ends[0]);
    close(ends[1]);
}

static void test_a_record_of_the_manager_that_is_too_long_is_cut(void **state)
{
    int ends[2];
    pyw_log_outlet *outlet;
    static char bells[PYW_LOG_RECORD_MAX];

    make_pipe(ends);
    outlet = open_duplicate(ends[1]);
    memset(bells, '\a', sizeof(bells));
    pyw_log_outlet_sink(outlet, PYW_LOG_ERR, bells, sizeof(bells));
    read_all(ends[0]);
    assert_int_equal(count_lines(), 1);
    pyw_log_outlet_destroy(outlet, 0);
    close(ends[0]);
    close(ends[1]);
}

static void test_a_pipe_that_is_full_blocks_nobody_and_loses_nothing_for_a_while(void **state)
{
    int ends[2], flags;
    pyw_log_outlet *outlet;
    size_t all = 0;

    make_pipe(ends);
    flags = flags_of(ends[1]);
    outlet = open_duplicate(ends[1]);
    for (int i = 0; i < 200; i++) {
        write_record(outlet, i);
    }
    assert_true(pyw_log_outlet_fd(outlet) >= 0);
    assert_int_equal(flags_of(ends[1]), flags);
    while (pyw_log_outlet_fd(outlet) >= 0) {
        all += read_all(ends[0]);
        pyw_log_outlet_flush(outlet);
    }
    all += read_all(ends[0]);
    assert_non_null(strstr(text, "record 000199 "));
    assert_null(strstr(text, "PYW0333"));
    assert_true(all > 200 * RECORD);
    pyw_log_outlet_destroy(outlet, 0);
    close(ends[0]);
    close(ends[1]);
}

static void test_records_that_are_dropped_are_counted(void **state)
{
    int ends[2], written, dropped = 0;
    pyw_log_outlet *outlet;
    const char *count;

    make_pipe(ends);
    outlet = open_duplicate(ends[1]);
    for (int i = 0; i < 2000; i++) {
        write_record(outlet, i);
    }
    written = 0;
    while (pyw_log_outlet_fd(outlet) >= 0) {
        read_all(ends[0]);
        written += count_lines();
        pyw_log_outlet_flush(outlet);
    }
    write_record(outlet, 5000);
    read_all(ends[0]);
    count = strstr(text, "PYW0333: ");
    assert_non_null(count);
    assert_int_equal(sscanf(count, "PYW0333: %d records", &dropped), 1);
    written += count_lines() - 2;
    assert_int_equal(written + dropped, 2000);
    assert_in_range(written, PYW_LOG_OUTLET_MOST / (RECORD + 160), 2000);
    assert_true(strstr(text, "record 005000 ") > count);
    pyw_log_outlet_destroy(outlet, 0);
    close(ends[0]);
    close(ends[1]);
}

static void test_waiting_records_go_to_the_next_log(void **state)
{
    int old[2], next[2];
    pyw_log_outlet *outlet;

    make_pipe(old);
    make_pipe(next);
    outlet = open_duplicate(old[1]);
    for (int i = 0; i < 80; i++) {
        write_record(outlet, i);
    }
    pyw_log_outlet_open(outlet, fcntl(next[1], F_DUPFD_CLOEXEC, 3));
    read_all(old[0]);
    pyw_log_outlet_flush(outlet);
    assert_int_equal(read_all(old[0]), 0);
    assert_true(read_all(next[0]) > 0);
    assert_non_null(strstr(text, "record 000079 "));
    assert_int_equal(text[0], '[');
    close(old[1]);
    assert_int_equal(read(old[0], text, 1), 0); /* the old log has no open descriptor */
    pyw_log_outlet_destroy(outlet, 0);
    close(old[0]);
    close(next[0]);
    close(next[1]);
}

static void test_a_socket_is_never_waited_for(void **state)
{
    int ends[2], flags;
    pyw_log_outlet *outlet;
    ssize_t length;

    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
    flags = flags_of(ends[1]);
    outlet = open_duplicate(ends[1]);
    for (int i = 0; i < 1000; i++) {
        write_record(outlet, i);
    }
    assert_true(pyw_log_outlet_fd(outlet) >= 0);
    assert_int_equal(flags_of(ends[1]), flags);
    length = recv(ends[0], text, sizeof(text), MSG_DONTWAIT);
    assert_in_range(length, RECORD, RECORD + 160); /* each record is a message */
    pyw_log_outlet_destroy(outlet, 0);
    close(ends[0]);
    close(ends[1]);
}

static void test_the_systems_log_may_be_restarted(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char directory[] = "/tmp/test_log_outlet.XXXXXX";
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    pyw_log_outlet *outlet = NULL;

    assert_non_null(mkdtemp(directory));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/log", directory);
    for (int i = 0; i < 2; i++) {
        int system = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_int_equal(bind(system, (struct sockaddr *)&address, sizeof(address)), 0);
        if (i == 0) {
            assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
            outlet = pyw_log_outlet_create(fd);
        }
        write_record(outlet, i);
        assert_true(recv(system, text, sizeof(text), MSG_DONTWAIT) > RECORD);
        close(system);
        unlink(address.sun_path);
    }
    write_record(outlet, 2);
    assert_int_equal(pyw_log_outlet_fd(outlet), -1);
    pyw_log_outlet_destroy(outlet, 0);
    rmdir(directory);
}

/* For root, a pipe of another user; for other users, a pipe without any permissions. */
static int become(uid_t uid)
{
    return getuid() == 0 ? seteuid(uid) : 0;
}

static void make_foreign_pipe(int ends[2])
{
    assert_int_equal(become(65534), 0);
    make_pipe(ends);
    assert_int_equal(fchmod(ends[1], 0), 0);
    assert_int_equal(become(0), 0);
}

static pyw_log_outlet *open_as_another(int fd)
{
    pyw_log_outlet *outlet;

    assert_int_equal(become(65533), 0);
    outlet = open_duplicate(fd);
    assert_int_equal(become(0), 0);
    return outlet;
}

static void test_a_log_that_cannot_be_opened_again_is_written_by_a_thread(void **state)
{
    int ends[2], flags;
    pyw_log_outlet *outlet;
    struct pollfd item;

    make_foreign_pipe(ends);
    flags = flags_of(ends[1]);
    outlet = open_as_another(ends[1]);
    write_record(outlet, 1);
    item = (struct pollfd){ends[0], POLLIN, 0};
    assert_int_equal(poll(&item, 1, WAIT_MS), 1);
    read_all(ends[0]);
    assert_non_null(strstr(text, "record 000001 "));
    for (int i = 0; i < 2000; i++) {
        write_record(outlet, i); /* the log thread blocks, this thread does not */
    }
    assert_true(pyw_log_outlet_fd(outlet) >= 0);
    assert_int_equal(flags_of(ends[1]), flags);
    pyw_log_outlet_destroy(outlet, 0);
    while (poll(&item, 1, WAIT_MS) == 1 && read_all(ends[0]) > 0 && strstr(text, "record 000060 ") == NULL) {
        /* until the log thread has ended */
    }
    close(ends[1]);
    close(ends[0]);
}

static void test_the_last_records_are_given_time(void **state)
{
    int ends[2];
    pyw_log_outlet *outlet;

    make_foreign_pipe(ends);
    outlet = open_as_another(ends[1]);
    write_record(outlet, 7);
    pyw_log_outlet_destroy(outlet, WAIT_MS);
    read_all(ends[0]);
    assert_non_null(strstr(text, "record 000007 "));
    close(ends[0]);
    close(ends[1]);
}

static void test_a_log_that_fails_drops_and_counts(void **state)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int ends[2];
    pyw_log_outlet *outlet;

    assert_true(full >= 0);
    make_pipe(ends);
    outlet = pyw_log_outlet_create(full);
    for (int i = 0; i < 3; i++) {
        write_record(outlet, i);
        assert_int_equal(pyw_log_outlet_fd(outlet), -1);
    }
    pyw_log_outlet_open(outlet, fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
    errno = EPROTO;
    pyw_log_outlet_sink(outlet, PYW_LOG_INFO, "works again", 11);
    assert_int_equal(errno, EPROTO);
    read_all(ends[0]);
    assert_non_null(strstr(text, "PYW0333: 3 records"));
    assert_non_null(strstr(text, "works again"));
    pyw_log_outlet_destroy(outlet, 0);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_goes_to_a_file_at_once),
        cmocka_unit_test(test_text_that_is_too_long_for_a_record_is_written_in_several),
        cmocka_unit_test(test_a_record_of_the_manager_that_is_too_long_is_cut),
        cmocka_unit_test(test_a_pipe_that_is_full_blocks_nobody_and_loses_nothing_for_a_while),
        cmocka_unit_test(test_records_that_are_dropped_are_counted),
        cmocka_unit_test(test_waiting_records_go_to_the_next_log),
        cmocka_unit_test(test_a_socket_is_never_waited_for),
        cmocka_unit_test(test_the_systems_log_may_be_restarted),
        cmocka_unit_test(test_a_log_that_cannot_be_opened_again_is_written_by_a_thread),
        cmocka_unit_test(test_the_last_records_are_given_time),
        cmocka_unit_test(test_a_log_that_fails_drops_and_counts),
        cmocka_unit_test(test_a_log_in_json_ends_before_the_log_that_it_belongs_to),
    };

    return cmocka_run_group_tests_name("log outlet", tests, NULL, NULL);
}
