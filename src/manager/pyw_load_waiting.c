/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_load_waiting.h"

#include <poll.h>

#include "base/pyw_clock.h"

/* Those in httpd's queue. A wrong number can start a worker too many, within processes=, and no more. */
static int64_t waiting_in_httpd(const pyw_worker_group *group, int64_t now)
{
    int64_t since = group->load != NULL ? group->load->waiting_since : 0;

    return since > 0 && since <= now ? now - since : -1;
}

/*
 * Those in the queue of the group's socket, where requests go for which httpd has no worker. The kernel tells that
 * connections wait, not since when: the time counts from the first of the calls in a row that found the queue not
 * empty.
 */
static int64_t waiting_in_kernel(pyw_worker_group *group, int64_t now)
{
    struct pollfd queue = {group->listener, POLLIN, 0};

    if (poll(&queue, 1, 0) <= 0 || (queue.revents & POLLIN) == 0) {
        group->waiting_since = INT64_MAX;
        return -1;
    }
    if (group->waiting_since > now) {
        group->waiting_since = now;
    }
    return now - group->waiting_since;
}

int64_t pyw_load_waiting_ms(pyw_worker_group *group)
{
    int64_t now = pyw_clock_ms();
    int64_t in_httpd = waiting_in_httpd(group, now), in_kernel = waiting_in_kernel(group, now);

    return in_httpd > in_kernel ? in_httpd : in_kernel;
}
