/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The single queue, in whatever order requests come and end: none waits, neither in httpd nor in front of a busy
 * worker, while another worker has an idle thread.
 */
#include "pyw_any_slots.h"

#include <stdlib.h>
#include <unistd.h>

#include "httpd/pyw_recall.h"

enum { WALKS = 300, STEPS = 300, REQUESTS = 40, WORKERS = 4, THREADS = 2, SLOW_US = 5000 };

typedef enum { WAITS, SENT, BEGUN } request_state;

typedef struct request {
    pyw_slot slot;
    request_state state;
} request;

typedef struct walk {
    unsigned seed;
    request requests[REQUESTS]; /* of which `count` are there */
    int count;
    int workers;
    int taken_back; /* of those that were told of an idle thread */
    int declined;
    int most_ahead; /* the most that were in front of a busy worker at a time */
} walk;

static int pick(walk *self, int below)
{
    return rand_r(&self->seed) % below;
}

static void come(walk *self, request *coming, int is_repeated)
{
    const pyw_slot_wish wish = {
        .owner = (int32_t)getpid(),
        .thread = pyw_recall_thread(),
        .is_repeated = is_repeated,
        .may_go_ahead = !is_repeated && pick(self, 4) > 0,
        .queue_limit = REQUESTS,
    };
    pyw_slot_outcome outcome = pyw_slots_enter(table.slots, &wish, &coming->slot);

    assert_true(outcome == PYW_SLOT_GRANTED || outcome == PYW_SLOT_WAITS);
    coming->state = outcome == PYW_SLOT_GRANTED ? SENT : WAITS;
}

static void end(walk *self)
{
    int which = pick(self, self->count);

    if (self->requests[which].state != SENT) { /* or it gives up, if it waits */
        pyw_slots_leave(table.slots, &self->requests[which].slot, self->requests[which].state == BEGUN);
        self->requests[which] = self->requests[--self->count];
    }
}

static int count_begun(const walk *self, uint64_t worker)
{
    int count = 0;

    for (int i = 0; i < self->count; i++) {
        count += self->requests[i].state == BEGUN && self->requests[i].slot.worker == worker;
    }
    return count;
}

/* The workers' threads take what they find, in any order. */
static void begin_some(walk *self)
{
    int first = self->count > 0 ? pick(self, self->count) : 0;

    for (int i = 0; i < self->count; i++) {
        request *sent = &self->requests[(first + i) % self->count];

        if (sent->state == SENT) {
            const pyw_slot_worker *worker = pyw_slots_find_worker(table.slots, sent->slot.worker);

            sent->state = count_begun(self, worker->serial) < worker->threads ? BEGUN : SENT;
        }
    }
}

/* What a thread of httpd does when it is told. Returns whether that changed something. */
static int answer_recall(walk *self, request *told)
{
    if (told->state == BEGUN) {
        pyw_slots_begun(table.slots, &told->slot);
        self->declined++;
        return 1;
    }
    if (!pyw_slots_is_misplaced(table.slots, &told->slot)) {
        return 0;
    }
    pyw_slots_leave(table.slots, &told->slot, 0);
    come(self, told, 1);
    self->taken_back++;
    return 1;
}

static int answer_recalls(walk *self)
{
    int changed = 0;

    for (int i = 0; i < self->count; i++) {
        request *told = &self->requests[i];

        if (told->state != WAITS && pyw_slots_is_recalled(table.slots, &told->slot)) {
            changed |= answer_recall(self, told);
        }
    }
    return changed;
}

static void settle(walk *self)
{
    do {
        for (int i = 0; i < self->count; i++) {
            request *waiting = &self->requests[i];

            if (waiting->state == WAITS && pyw_slots_wait(table.slots, &waiting->slot, 0) == PYW_SLOT_GRANTED) {
                waiting->state = SENT;
            }
        }
        begin_some(self);
    } while (answer_recalls(self));
}

static void assert_nobody_waits_for_nothing(walk *self)
{
    int ahead = 0, idle = 0;

    for (int i = 0; i < self->count; i++) {
        ahead += self->requests[i].state == SENT;
    }
    for (uint32_t i = 0; i < table.slots->worker_count; i++) {
        const pyw_slot_worker *worker = &pyw_slots_workers(table.slots)[i];

        idle += worker->running < worker->threads ? worker->threads - worker->running : 0;
    }
    if (idle > 0 && (table.slots->waiting > 0 || ahead > 0)) {
        fail_msg("%d wait and %d were sent ahead while %d threads are idle", table.slots->waiting, ahead, idle);
    }
    self->most_ahead = ahead > self->most_ahead ? ahead : self->most_ahead;
}

static void step(walk *self, int may_come)
{
    if (self->workers < WORKERS && pick(self, 64) == 0) {
        list_workers(++self->workers, THREADS);
    }
    if (pick(self, 16) == 0) {
        table.slots->service_us = pick(self, 3) == 0 ? SLOW_US : 1 + pick(self, PYW_SLOTS_QUICK_US);
    }
    if (self->count == 0 || (may_come && self->count < REQUESTS && pick(self, 2) == 0)) {
        come(self, &self->requests[self->count], 0);
        self->count++;
    }
    else {
        end(self);
    }
    settle(self);
    assert_nobody_waits_for_nothing(self);
}

static void test_nobody_waits_while_a_thread_is_idle(void **state)
{
    int taken_back = 0, declined = 0, most_ahead = 0;

    for (unsigned seed = 0; seed < WALKS; seed++) {
        walk self = {.seed = seed, .workers = 1 + (int)seed % WORKERS};

        list_workers(self.workers, THREADS);
        for (int i = 0; i < STEPS; i++) {
            step(&self, 1);
        }
        while (self.count > 0) {
            step(&self, 0);
        }
        taken_back += self.taken_back;
        declined += self.declined;
        most_ahead = self.most_ahead > most_ahead ? self.most_ahead : most_ahead;
    }
    assert_true(taken_back > WALKS); /* they were there to be found */
    assert_true(declined > WALKS / 4);
    assert_true(most_ahead > PYW_SLOTS_AHEAD_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_waits_while_a_thread_is_idle),
    };

    return cmocka_run_group_tests_name("single_queue", tests, NULL, NULL);
}
