/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_load_waiting.h"

#include <poll.h>

#include "wire/pyw_wait.h"

/*
 * The kernel tells that connections wait, not since when: the time counts from the first of the calls in a row that
 * found the queue not empty.
 */
int64_t pyw_load_waiting_ms(pyw_worker_group *group)
{
    struct pollfd queue = {group->listener, POLLIN, 0};
    int64_t now = pyw_wait_now();

    if (poll(&queue, 1, 0) <= 0 || (queue.revents & POLLIN) == 0) {
        group->waiting_since = INT64_MAX;
        return -1;
    }
    if (group->waiting_since > now) {
        group->waiting_since = now;
    }
    return now - group->waiting_since;
}
