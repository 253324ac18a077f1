/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/failures.h"

#include <string.h>

static pyw_board *board_in_use;

void pyw_worker_failures_use(pyw_board *board)
{
    board_in_use = board;
}

static int is_noted(uint64_t kind)
{
    for (int i = 0; i < PYW_BOARD_FAILURES; i++) {
        if (atomic_load_explicit(&board_in_use->failures[i].kind, memory_order_relaxed) == kind) {
            return 1;
        }
    }
    return 0;
}

/* Without a lock: if two threads fail in the same way at the same time, the kind is noted twice. */
void pyw_worker_failures_note(uint64_t kind, const char *text)
{
    pyw_board *board = board_in_use;
    uint32_t index;

    if (board == NULL || is_noted(kind) || atomic_load(&board->failure_count) >= PYW_BOARD_FAILURES) {
        return;
    }
    index = atomic_fetch_add(&board->failure_count, 1);
    if (index < PYW_BOARD_FAILURES) {
        strncpy(board->failures[index].text, text, PYW_BOARD_FAILURE - 1);
        atomic_store_explicit(&board->failures[index].kind, kind, memory_order_release);
    }
}
