/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_ANY_SLOTS_H
#define PYW_ANY_SLOTS_H

/* A table as httpd's processes share it, with two workers of one thread each. Each test has its own. */

#include "unit_test.h"

#include "httpd/queue/slots.h"
#include "httpd/queue/slots_table.h"

typedef struct fixture {
    pyw_slots *slots;
    pyw_worker_list_group *worker_list;
    pyw_load_group *load;
} fixture;

extern fixture table;
extern const pyw_slot_parameters plain;

int set_up(void **state);
int tear_down(void **state);

/* Workers 101, 102 ... with the process ids 1001, 1002 ... */
void list_workers(int count, uint32_t threads);

/* The state of a group without workers. */
void list_nobody(pyw_group_state state, int64_t until);

pyw_slot enter(const pyw_slot_parameters *parameters, pyw_slot_outcome expected);

/* Checks the table's figures, and the figures for the manager. */
void assert_figures(unsigned running, unsigned waiting);

/* Likewise, and all waiting requests are in the queue. */
void assert_running_and_waiting(unsigned running, unsigned waiting);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
