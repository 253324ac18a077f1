/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "manager/socket_directory.h"

enum { ROUNDS = 300 };

static char path[] = "/tmp/pyw-sockets.XXXXXX";
static pyw_socket_directory directory = {.fd = -1};
static pyw_socket_file file = {.name = "app.sock"};

static int open_directory(void **state)
{
    pyw_problem problem;

    strcpy(path + strlen(path) - 6, "XXXXXX");
    return mkdtemp(path) != NULL && pyw_socket_directory_open(&directory, path, 0, &problem) == PYW_OK ? 0 : -1;
}

static int remove_directory(void **state)
{
    pyw_socket_directory_remove(&directory);
    assert_int_equal(access(path, F_OK), -1);
    return 0;
}

static int bind_file(void)
{
    pyw_problem problem;
    int fd = -1;

    assert_int_equal(pyw_socket_file_bind(&file, &directory, geteuid(), &fd, &problem), PYW_OK);
    return fd;
}

/* 0, or errno. A full queue means that the socket listens. */
static int connect_to_file(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", path, file.name);
    error = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN ? 0 : errno;
    close(fd);
    return error;
}

static void test_a_bound_socket_is_for_its_owner_alone(void **state)
{
    int fd = bind_file();
    struct stat status;

    assert_int_equal(fstatat(directory.fd, file.name, &status, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(status.st_mode, S_IFSOCK | 0600);
    assert_true(pyw_socket_file_is_intact(&file, &directory));
    pyw_socket_file_remove(&file, &directory);
    assert_false(pyw_socket_file_is_intact(&file, &directory));
    close(fd);
}

static atomic_int is_over;

static void *knock(void *unused)
{
    intptr_t error = 0;

    while (!error && !atomic_load(&is_over)) {
        error = connect_to_file();
    }
    return (void *)error;
}

static void test_who_connects_meanwhile_finds_a_socket_that_listens(void **state)
{
    int bound[ROUNDS + 1]; /* open until the end, because a client that has found a socket's file is about to connect */
    pthread_t client;
    void *error;

    atomic_store(&is_over, 0);
    bound[0] = bind_file();
    assert_int_equal(pthread_create(&client, NULL, knock, NULL), 0);
    for (int i = 1; i <= ROUNDS; i++) {
        bound[i] = bind_file();
    }
    atomic_store(&is_over, 1);
    assert_int_equal(pthread_join(client, &error), 0);
    assert_string_equal(strerror((int)(intptr_t)error), strerror(0));
    for (int i = 0; i <= ROUNDS; i++) {
        close(bound[i]);
    }
}

static void test_a_failed_bind_leaves_no_file(void **state)
{
    pyw_problem problem;
    int fd = -1;

    file.name = "no/such/directory";
    assert_int_equal(pyw_socket_file_bind(&file, &directory, geteuid(), &fd, &problem), PYW_FAILED);
    assert_non_null(strstr(problem.text, "no/such/directory cannot be made: No such file or directory"));
    assert_int_equal(fd, -1);
    file.name = "app.sock";
}

static void test_a_path_that_is_not_absolute_is_refused(void **state)
{
    pyw_socket_directory relative = {.fd = -1};
    pyw_problem problem;

    assert_int_equal(pyw_socket_directory_open(&relative, "sockets", 0, &problem), PYW_FAILED);
    assert_non_null(strstr(problem.text, "not absolute"));
    assert_int_equal(relative.fd, -1);
}

static void test_a_shared_directory_stays(void **state)
{
    pyw_socket_directory same = {.fd = -1};
    pyw_problem problem;
    int fd = bind_file();

    assert_int_equal(pyw_socket_directory_open(&same, path, 1, &problem), PYW_OK);
    assert_int_equal(connect_to_file(), 0);
    pyw_socket_directory_remove(&same);
    assert_int_equal(same.fd, -1);
    assert_int_equal(connect_to_file(), 0);
    close(fd);
}

#define OPENED(test) cmocka_unit_test_setup_teardown(test, open_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_that_is_not_absolute_is_refused),
        OPENED(test_a_bound_socket_is_for_its_owner_alone),
        OPENED(test_who_connects_meanwhile_finds_a_socket_that_listens),
        OPENED(test_a_failed_bind_leaves_no_file),
        OPENED(test_a_shared_directory_stays),
    };

    return cmocka_run_group_tests_name("socket_directory", tests, NULL, NULL);
}
