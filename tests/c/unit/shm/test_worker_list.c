/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm/worker_list.h"

static const pyw_worker_list_worker two_workers[] = {{11, 4, 1001}, {12, 8, 1002}};

static const pyw_worker_list_status running = {.use = 7, .state = PYW_GROUP_RUNNING};

static pyw_worker_list_group *make_group(void)
{
    return calloc(1, sizeof(pyw_worker_list_group));
}

static void test_written_data_is_read(void **state)
{
    pyw_worker_list_group *group = make_group();
    pyw_worker_list_worker read[4];
    pyw_worker_list_status status = {.use = 7};
    uint32_t sequence = 99;

    pyw_worker_list_write(group, &running, two_workers, 2);
    assert_int_equal(pyw_worker_list_read(group, &status, read, 4, &sequence), 2);
    assert_memory_equal(read, two_workers, sizeof(two_workers));
    assert_int_equal(sequence, pyw_worker_list_sequence(group));
    free(group);
}

static void test_each_change_has_another_sequence(void **state)
{
    pyw_worker_list_group *group = make_group();
    uint32_t before = pyw_worker_list_sequence(group);

    pyw_worker_list_write(group, &running, two_workers, 1);
    assert_int_not_equal(pyw_worker_list_sequence(group), before);
    assert_int_equal(pyw_worker_list_sequence(group) % 2, 0);
    free(group);
}

static void test_a_reader_gets_no_more_than_it_has_room_for(void **state)
{
    pyw_worker_list_group *group = make_group();
    pyw_worker_list_worker read[2] = {{0, 0, 0}, {77, 77, 0}};
    pyw_worker_list_status status = {.use = 7};
    uint32_t sequence;

    pyw_worker_list_write(group, &running, two_workers, 2);
    assert_int_equal(pyw_worker_list_read(group, &status, read, 1, &sequence), 1);
    assert_int_equal(read[1].serial, 77);
    free(group);
}

/* An odd sequence means that a write is in progress; a dead writer never completes it. */
static void test_a_writer_that_died_leaves_an_empty_worker_list_until_the_next_one_writes(void **state)
{
    pyw_worker_list_group *group = make_group();
    pyw_worker_list_worker read[4];
    pyw_worker_list_status status = {.use = 7};
    uint32_t sequence;

    pyw_worker_list_write(group, &running, two_workers, 2);
    group->sequence |= 1;
    assert_int_equal(pyw_worker_list_read(group, &status, read, 4, &sequence), 0);
    pyw_worker_list_write(group, &running, two_workers, 1);
    assert_int_equal(pyw_worker_list_read(group, &status, read, 4, &sequence), 1);
    free(group);
}

static void test_the_state_of_the_group_is_read_too(void **state)
{
    static const pyw_worker_list_status down = {.use = 7, .state = PYW_GROUP_DOWN, .until = 4711};
    pyw_worker_list_group *group = make_group();
    pyw_worker_list_worker read[4];
    pyw_worker_list_status status = {.use = 7};
    uint32_t sequence;

    assert_int_equal(pyw_worker_list_read(group, &status, read, 4, &sequence), 0);
    assert_int_equal(status.state, PYW_GROUP_STARTING);
    pyw_worker_list_write(group, &down, NULL, 0);
    assert_int_equal(pyw_worker_list_read(group, &status, read, 4, &sequence), 0);
    assert_memory_equal(&status, &down, sizeof(down));
    free(group);
}

/* Children of an old configuration may still wait for a group whose index another group has now. */
static void test_a_later_use_reads_as_removed_and_an_earlier_use_as_starting(void **state)
{
    static const pyw_worker_list_status mine = {.use = 7, .state = PYW_GROUP_RUNNING};
    pyw_worker_list_group *group = make_group();
    pyw_worker_list_worker read[4];
    pyw_worker_list_status before = {.use = 6}, after = {.use = 8, .state = PYW_GROUP_RUNNING};
    uint32_t sequence;

    pyw_worker_list_write(group, &mine, two_workers, 2);
    assert_int_equal(pyw_worker_list_read(group, &before, read, 4, &sequence), 0);
    assert_int_equal(before.state, PYW_GROUP_REMOVED);
    assert_int_equal(before.use, 6);
    assert_int_equal(pyw_worker_list_read(group, &after, read, 4, &sequence), 0);
    assert_int_equal(after.state, PYW_GROUP_STARTING);
    assert_int_equal(after.use, 8);
    free(group);
}

static void test_a_list_of_another_use_is_empty(void **state)
{
    pyw_worker_list_status other = {.use = 8};
    pyw_worker_list_group *group = make_group();
    pyw_worker_list_worker read[4];
    pyw_worker_list_status status = {.use = 7};
    uint32_t sequence;

    pyw_worker_list_write(group, &running, two_workers, 2);
    assert_int_equal(pyw_worker_list_read(group, &other, read, 4, &sequence), 0);
    assert_int_equal(sequence, pyw_worker_list_sequence(group));
    pyw_worker_list_write(group, &other, two_workers, 1);
    assert_int_equal(pyw_worker_list_read(group, &status, read, 4, &sequence), 0);
    assert_int_equal(pyw_worker_list_read(group, &other, read, 4, &sequence), 1);
    free(group);
}

static void test_memory_for_reading_cannot_be_made_writable(void **state)
{
    int fd = pyw_worker_list_memory("pywsgi-test", 4096);
    char *writer = pyw_worker_list_map(fd, 4096, 1);
    char *reader = pyw_worker_list_map(fd, 4096, 0);

    assert_non_null(writer);
    assert_non_null(reader);
    writer[7] = 'x';
    assert_int_equal(reader[7], 'x');
    assert_int_not_equal(mprotect(reader, 4096, PROT_READ | PROT_WRITE), 0);
    munmap(writer, 4096);
    munmap(reader, 4096);
    close(fd);
}

static void test_memory_keeps_its_size(void **state)
{
    int fd = pyw_worker_list_memory("pywsgi-test", 4096);

    assert_int_not_equal(ftruncate(fd, 0), 0);
    assert_null(pyw_worker_list_map(fd, 8192, 1));
    close(fd);
}

static void test_sockets_are_named_by_their_serial(void **state)
{
    char name[PYW_WORKER_LIST_SOCKET_NAME];

    pyw_worker_list_socket_name(name, 0x5f3a);
    assert_string_equal(name, "w.5f3a");
    pyw_worker_list_socket_name(name, UINT64_MAX);
    assert_string_equal(name, "w.ffffffffffffffff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_data_is_read),
        cmocka_unit_test(test_each_change_has_another_sequence),
        cmocka_unit_test(test_a_reader_gets_no_more_than_it_has_room_for),
        cmocka_unit_test(test_a_writer_that_died_leaves_an_empty_worker_list_until_the_next_one_writes),
        cmocka_unit_test(test_the_state_of_the_group_is_read_too),
        cmocka_unit_test(test_a_later_use_reads_as_removed_and_an_earlier_use_as_starting),
        cmocka_unit_test(test_a_list_of_another_use_is_empty),
        cmocka_unit_test(test_memory_for_reading_cannot_be_made_writable),
        cmocka_unit_test(test_memory_keeps_its_size),
        cmocka_unit_test(test_sockets_are_named_by_their_serial),
    };

    return cmocka_run_group_tests_name("worker-list", tests, NULL, NULL);
}
