/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/other_child.h"

#define MOST 16

typedef struct watched_process {
    void *data; /* NULL: free */
    void (*on_end)(void *data, apr_wait_t status);
} watched_process;

static watched_process watched[MOST];

static void on_event(int reason, void *place, apr_wait_t status)
{
    watched_process *process = place;
    watched_process ended = *process;

    if (reason == APR_OC_REASON_UNREGISTER) {
        process->data = NULL;
    }
    else if (reason == APR_OC_REASON_DEATH || reason == APR_OC_REASON_LOST) {
        apr_proc_other_child_unregister(place);
        ended.on_end(ended.data, status);
    }
}

void pyw_other_child_watch(apr_proc_t *proc, void (*on_end)(void *data, apr_wait_t status), void *data,
                           apr_pool_t *pconf)
{
    for (int i = 0; i < MOST; i++) {
        if (!watched[i].data) {
            watched[i].data = data;
            watched[i].on_end = on_end;
            apr_proc_other_child_register(proc, on_event, &watched[i], NULL, pconf);
            return;
        }
    }
}

void pyw_other_child_unwatch(void *data)
{
    for (int i = 0; i < MOST; i++) {
        if (watched[i].data == data) {
            apr_proc_other_child_unregister(&watched[i]);
        }
    }
}
