/* SPDX-License-Identifier: Apache-2.0 */
#include "any_slots.h"

#include <sys/mman.h>

enum { TICKETS = 64, WORKERS = 8 };

fixture table;
const pyw_slot_parameters plain = {.queue_limit = 10, .queue_timeout_ms = 30000};

static void *shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

void list_workers(int count, uint32_t threads)
{
    static const pyw_worker_list_status running = {.state = PYW_GROUP_RUNNING};
    pyw_worker_list_worker workers[WORKERS];

    for (int i = 0; i < count; i++) {
        workers[i] = (pyw_worker_list_worker){(uint64_t)(101 + i), threads, (uint32_t)(1001 + i)};
    }
    pyw_worker_list_write(table.worker_list, &running, workers, (uint32_t)count);
}

void list_nobody(pyw_group_state state, int64_t until)
{
    const pyw_worker_list_status status = {.state = state, .until = until};

    pyw_worker_list_write(table.worker_list, &status, NULL, 0);
}

int set_up(void **state)
{
    table.slots = shared(pyw_slots_size(TICKETS, WORKERS));
    table.worker_list = shared(sizeof(*table.worker_list));
    table.load = shared(sizeof(*table.load));
    assert_int_equal(pyw_slots_init(table.slots, TICKETS, WORKERS, table.worker_list, 0, table.load), 0);
    list_workers(2, 1);
    return 0;
}

int tear_down(void **state)
{
    munmap(table.slots, pyw_slots_size(TICKETS, WORKERS));
    munmap(table.worker_list, sizeof(*table.worker_list));
    munmap(table.load, sizeof(*table.load));
    return 0;
}

pyw_slot enter(const pyw_slot_parameters *parameters, pyw_slot_outcome expected)
{
    pyw_slot slot = {0};

    assert_int_equal(pyw_slots_enter(table.slots, parameters, &slot), expected);
    return slot;
}

void assert_figures(unsigned running, unsigned waiting)
{
    pyw_slots_figures figures;

    pyw_slots_read_figures(table.slots, &figures);
    assert_int_equal(figures.running, running);
    assert_int_equal(figures.waiting, waiting);
    assert_int_equal(table.load->running, running);
    assert_int_equal(table.load->waiting, waiting);
}

void assert_running_and_waiting(unsigned running, unsigned waiting)
{
    assert_figures(running, waiting);
    assert_int_equal(table.load->waiting_since != 0, waiting != 0);
}
