/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "manager/log/intake.h"

enum { MANY = 100000 };

static pyw_log_store store;

static int open_store(void **state)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    pyw_log_store_init(&store);
    pyw_log_store_take(&store, 0, ends[0]);
    pyw_log_store_take(&store, 1, ends[1]);
    return 0;
}

static int close_store(void **state)
{
    close(store.ends[0]);
    close(store.ends[1]);
    return 0;
}

static int get(pid_t *pid)
{
    char group[PYW_LOG_STORE_NAME];

    return pyw_log_store_get(&store, pid, group);
}

static void test_a_pipe_that_found_no_room_is_put_again(void **state)
{
    pyw_log_intake_list list = LIST_HEAD_INITIALIZER(list);
    int null = open("/dev/null", O_RDONLY), fd, count = 0;
    pid_t pid = 0;

    while (count < MANY && pyw_log_store_put(&store, null, 1, "full")) {
        count++;
    }
    assert_in_range(count, 1, MANY - 1);
    pyw_log_intake_add(&list, pyw_log_intake_adopt(null), 2);
    pyw_log_intake_store(&list, &store, "app");
    for (int i = 0; i < count; i++) {
        close(get(&pid));
        assert_int_equal(pid, 1);
    }
    pyw_log_intake_store(&list, &store, "app");
    fd = get(&pid);
    assert_true(fd >= 0);
    assert_int_equal(pid, 2);
    close(fd);
    pyw_log_intake_free(LIST_FIRST(&list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_pipe_that_found_no_room_is_put_again, open_store, close_store)};

    return cmocka_run_group_tests_name("log store", tests, NULL, NULL);
}
