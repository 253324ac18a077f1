/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/faults.h"
#include "shm/group_stats.h"
#include "shm/worker_stats.h"

static pyw_group_stats_table *make_table(void)
{
    return calloc(1, sizeof(pyw_group_stats_table));
}

static void test_a_group_is_found_again_by_its_name(void **state)
{
    pyw_group_stats_table *table = make_table();
    pyw_group_stats_entry *shop = pyw_group_stats_find(table, "shop");
    pyw_group_stats written = {.restarts[PYW_RESTART_CRASH] = 3, .cpu_us = 1000}, read;

    assert_ptr_not_equal(pyw_group_stats_find(table, "blog"), shop);
    pyw_group_stats_write(shop, &written);
    assert_ptr_equal(pyw_group_stats_find(table, "shop"), shop);
    assert_int_equal(pyw_group_stats_count(table), 2);
    assert_int_equal(pyw_group_stats_read(shop, &read), 1);
    assert_memory_equal(&read, &written, sizeof(read));
    free(table);
}

static void test_a_long_name_is_cut_and_still_found(void **state)
{
    pyw_group_stats_table *table = make_table();
    char name[PYW_GROUP_STATS_NAME * 2];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_ptr_equal(pyw_group_stats_find(table, name), pyw_group_stats_find(table, name));
    assert_int_equal(strlen(table->entries[0].name), PYW_GROUP_STATS_NAME - 1);
    free(table);
}

static void test_a_full_table_takes_no_further_group(void **state)
{
    pyw_group_stats_table *table = make_table();
    char name[20];

    for (int i = 0; i < PYW_GROUP_STATS_CAPACITY; i++) {
        snprintf(name, sizeof(name), "group%d", i);
        assert_non_null(pyw_group_stats_find(table, name));
    }
    assert_null(pyw_group_stats_find(table, "one more"));
    assert_non_null(pyw_group_stats_find(table, "group7"));
    free(table);
}

/* A reader shows nothing rather than smaller numbers; the next manager continues from the existing numbers. */
static void test_counters_of_a_writer_that_died_are_not_shown_until_the_next_write(void **state)
{
    pyw_group_stats_table *table = make_table();
    pyw_group_stats_entry *entry = pyw_group_stats_find(table, "shop");
    pyw_group_stats stats = {.cpu_us = 500}, read;

    pyw_group_stats_write(entry, &stats);
    entry->sequence |= 1;
    assert_int_equal(pyw_group_stats_read(entry, &read), 0);
    assert_int_equal(read.cpu_us, 500);
    pyw_group_stats_write(entry, &read);
    assert_int_equal(pyw_group_stats_read(entry, &read), 1);
    free(table);
}

static void test_equal_counters_are_not_written_again(void **state)
{
    pyw_group_stats_table *table = make_table();
    pyw_group_stats_entry *entry = pyw_group_stats_find(table, "shop");
    pyw_group_stats stats = {.cpu_us = 500};
    uint32_t before;

    pyw_group_stats_write(entry, &stats);
    before = entry->sequence;
    pyw_group_stats_write(entry, &stats);
    assert_int_equal(entry->sequence, before);
    free(table);
}

static void test_a_new_manager_counts_on_top_and_keeps_the_later_reload(void **state)
{
    pyw_group_stats own = {.restarts[PYW_RESTART_OOM] = 1, .busy_us = 5, .reload = {.at = 10}};
    const pyw_group_stats earlier = {.restarts[PYW_RESTART_OOM] = 2,
                                     .capacity_us = 7,
                                     .reload = {.at = 20, .result = PYW_RELOAD_FAILED, .problem = "no"}};

    pyw_group_stats_add(&own, &earlier);
    assert_int_equal(own.restarts[PYW_RESTART_OOM], 3);
    assert_int_equal(own.busy_us, 5);
    assert_int_equal(own.capacity_us, 7);
    assert_string_equal(own.reload.problem, "no");
}

static void test_workers_are_read_for_the_use_that_they_were_written_for(void **state)
{
    pyw_worker_stats_list *list = calloc(1, sizeof(*list));
    const pyw_worker_stats two[] = {{.pid = 11, .busy = 1}, {.pid = 12, .resident = 4096}};
    pyw_worker_stats read[4];

    pyw_worker_stats_write(list, 7, two, 2);
    assert_int_equal(pyw_worker_stats_count(list, 7), 2);
    assert_int_equal(pyw_worker_stats_read(list, 7, read, 4), 2);
    assert_memory_equal(read, two, sizeof(two));
    assert_int_equal(pyw_worker_stats_read(list, 7, read, 1), 1);
    assert_int_equal(pyw_worker_stats_read(list, 8, read, 4), 0);
    pyw_worker_stats_write(list, 7, NULL, 0);
    assert_int_equal(pyw_worker_stats_read(list, 7, read, 4), 0);
    free(list);
}

static void test_workers_of_a_writer_that_died_are_not_shown(void **state)
{
    pyw_worker_stats_list *list = calloc(1, sizeof(*list));
    const pyw_worker_stats one = {.pid = 11};
    pyw_worker_stats read;

    pyw_worker_stats_write(list, 0, &one, 1);
    list->sequence |= 1;
    assert_int_equal(pyw_worker_stats_read(list, 0, &read, 1), 0);
    free(list);
}

static void test_unknown_numbers_have_a_name(void **state)
{
    assert_string_equal(pyw_worker_state_name(PYW_WORKER_STATES), "unknown");
    assert_string_equal(pyw_restart_reason_name(PYW_RESTART_REASONS), "unknown");
    assert_string_equal(pyw_reload_cause_name(PYW_RELOAD_CAUSES), "unknown");
    assert_string_equal(pyw_reload_result_name(PYW_RELOAD_RESULTS), "unknown");
    for (unsigned i = 0; i < PYW_RESTART_REASONS; i++) {
        assert_non_null(pyw_restart_reason_name(i));
    }
}

static void test_a_fault_is_an_error_with_a_tag(void **state)
{
    assert_true(pyw_faults_is_one(PYW_LOG_ERR, "PYW0310: worker 7 died"));
    assert_true(pyw_faults_is_one(PYW_LOG_CRIT, "[worker 4711] PYW0603: GET /: raised"));
    assert_false(pyw_faults_is_one(PYW_LOG_WARNING, "PYW0310: worker 7 died"));
    assert_false(pyw_faults_is_one(PYW_LOG_ERR, "Traceback (most recent call last):"));
    assert_false(pyw_faults_is_one(PYW_LOG_ERR, "PYW031: short"));
    assert_false(pyw_faults_is_one(PYW_LOG_ERR, "PYW0366:   File \"app.py\", line 1 in f"));
    assert_false(pyw_faults_is_one(PYW_LOG_ERR, "[worker 1"));
    assert_false(pyw_faults_is_one(PYW_LOG_ERR, ""));
}

static void test_a_fault_names_the_worker_and_is_printable(void **state)
{
    pyw_faults *faults = calloc(1, sizeof(*faults));
    pyw_fault read[PYW_FAULTS];

    pyw_faults_add(faults, 1, "shop", "id7", "[worker 4711] PYW0603: raised \033[31m");
    assert_int_equal(pyw_faults_read(faults, read), 1);
    assert_int_equal(read[0].pid, 4711);
    assert_string_equal(read[0].tag, "PYW0603");
    assert_string_equal(read[0].group, "shop");
    assert_string_equal(read[0].id, "id7");
    assert_string_equal(read[0].text, "raised \\x1b[31m");
    free(faults);
}

static void test_the_last_faults_are_kept_whatever_the_number_is(void **state)
{
    pyw_faults *faults = calloc(1, sizeof(*faults));
    pyw_fault read[PYW_FAULTS];

    faults->next = UINT32_MAX - 3; /* a child of httpd may write any number */
    for (int i = 0; i < 3 * PYW_FAULTS; i++) {
        pyw_faults_add(faults, 1, NULL, NULL, "PYW0001: text");
    }
    assert_int_equal(pyw_faults_read(faults, read), PYW_FAULTS);
    assert_string_equal(read[PYW_FAULTS - 1].group, "");
    free(faults);
}

static void test_a_fault_that_is_being_written_is_not_shown(void **state)
{
    pyw_faults *faults = calloc(1, sizeof(*faults));
    pyw_fault read[PYW_FAULTS];

    pyw_faults_add(faults, 1, NULL, NULL, "PYW0001: text");
    faults->entries[0].sequence |= 1;
    assert_int_equal(pyw_faults_read(faults, read), 0);
    free(faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_group_is_found_again_by_its_name),
        cmocka_unit_test(test_a_long_name_is_cut_and_still_found),
        cmocka_unit_test(test_a_full_table_takes_no_further_group),
        cmocka_unit_test(test_counters_of_a_writer_that_died_are_not_shown_until_the_next_write),
        cmocka_unit_test(test_equal_counters_are_not_written_again),
        cmocka_unit_test(test_a_new_manager_counts_on_top_and_keeps_the_later_reload),
        cmocka_unit_test(test_workers_are_read_for_the_use_that_they_were_written_for),
        cmocka_unit_test(test_workers_of_a_writer_that_died_are_not_shown),
        cmocka_unit_test(test_unknown_numbers_have_a_name),
        cmocka_unit_test(test_a_fault_is_an_error_with_a_tag),
        cmocka_unit_test(test_a_fault_names_the_worker_and_is_printable),
        cmocka_unit_test(test_the_last_faults_are_kept_whatever_the_number_is),
        cmocka_unit_test(test_a_fault_that_is_being_written_is_not_shown),
    };

    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
