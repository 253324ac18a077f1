/* SPDX-License-Identifier: Apache-2.0 */
/* The single queue: whatever the order of arrivals and ends, no request waits while a thread of any worker is idle. */
#include "any_slots.h"

#include <stdlib.h>

enum { WALKS = 300, STEPS = 300, REQUESTS = 40, WORKERS = 4, THREADS = 2 };

typedef struct request {
    pyw_slot slot;
    int runs;
} request;

typedef struct walk {
    unsigned seed;
    request requests[REQUESTS]; /* the first `count` are in use */
    int count;
    int workers;
    int most_waiting;
} walk;

static int pick(walk *self, int below)
{
    return rand_r(&self->seed) % below;
}

static void arrive(walk *self)
{
    const pyw_slot_parameters parameters = {.is_high = pick(self, 8) == 0, .queue_limit = REQUESTS};
    request *arriving = &self->requests[self->count++];
    pyw_slot_outcome outcome = pyw_slots_enter(table.slots, &parameters, &arriving->slot);

    assert_true(outcome == PYW_SLOT_GRANTED || outcome == PYW_SLOT_WAITS);
    arriving->runs = outcome == PYW_SLOT_GRANTED;
}

/* A running request ends; a waiting one gives up. */
static void end(walk *self)
{
    request *ending = &self->requests[pick(self, self->count)];

    pyw_slots_leave(table.slots, &ending->slot, ending->runs);
    *ending = self->requests[--self->count];
}

static void take_grants(walk *self)
{
    for (int i = 0; i < self->count; i++) {
        request *waiting = &self->requests[i];

        if (!waiting->runs) {
            waiting->runs = pyw_slots_wait(table.slots, &waiting->slot, 0) == PYW_SLOT_GRANTED;
        }
    }
}

static void assert_nobody_waits_for_nothing(walk *self)
{
    int waiting = 0, idle = 0;

    for (int i = 0; i < self->count; i++) {
        waiting += !self->requests[i].runs;
    }
    for (uint32_t i = 0; i < table.slots->worker_count; i++) {
        const pyw_slot_worker *worker = &pyw_slots_workers(table.slots)[i];

        assert_true(worker->running <= worker->threads);
        idle += worker->threads - worker->running;
    }
    if (idle > 0 && waiting > 0) {
        fail_msg("%d wait while %d threads are idle", waiting, idle);
    }
    self->most_waiting = waiting > self->most_waiting ? waiting : self->most_waiting;
}

static void step(walk *self, int may_arrive)
{
    if (self->workers < WORKERS && pick(self, 64) == 0) {
        list_workers(++self->workers, THREADS);
    }
    if (self->count == 0 || (may_arrive && self->count < REQUESTS && pick(self, 2) == 0)) {
        arrive(self);
    }
    else {
        end(self);
    }
    take_grants(self);
    assert_nobody_waits_for_nothing(self);
}

static void test_nobody_waits_while_a_thread_is_idle(void **state)
{
    int most_waiting = 0;

    for (unsigned seed = 0; seed < WALKS; seed++) {
        walk self = {.seed = seed, .workers = 1 + (int)seed % WORKERS};

        list_workers(self.workers, THREADS);
        for (int i = 0; i < STEPS; i++) {
            step(&self, 1);
        }
        while (self.count > 0) {
            step(&self, 0);
        }
        most_waiting = self.most_waiting > most_waiting ? self.most_waiting : most_waiting;
    }
    assert_true(most_waiting > REQUESTS / 2); /* the walks fill the queue */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_waits_while_a_thread_is_idle),
    };

    return cmocka_run_group_tests_name("single_queue", tests, NULL, NULL);
}
