/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* SCHED_BATCH */
#endif
#include "base/os/batch.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

void pyw_batch_init(pyw_batch *batch)
{
    memset(batch, 0, sizeof(*batch));
    batch->is_barred = sched_getscheduler(0) != SCHED_OTHER;
}

int pyw_batch_switch_thread(pid_t thread, int is_on)
{
    static const struct sched_param no_priority;
    int from = is_on ? SCHED_OTHER : SCHED_BATCH;

    if (sched_getscheduler(thread) != from) {
        return 0;
    }
    return sched_setscheduler(thread, is_on ? SCHED_BATCH : SCHED_OTHER, &no_priority) == 0 ? 0 : errno;
}

int pyw_batch_switch_process(int is_on)
{
    DIR *threads = opendir("/proc/self/task");
    const struct dirent *each;
    int error = 0;

    if (threads == NULL) {
        return errno;
    }
    while (error == 0 && (each = readdir(threads)) != NULL) {
        pid_t thread = (pid_t)strtol(each->d_name, NULL, 10);

        error = thread > 0 ? pyw_batch_switch_thread(thread, is_on) : 0;
        error = error == ESRCH ? 0 : error; /* the thread has ended meanwhile */
    }
    closedir(threads);
    return error;
}
