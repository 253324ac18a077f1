/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/other_child.h"

#include "httpd/parent/parent_context.h"

enum { MOST = sizeof(pyw_httpd_parent.watched) / sizeof(pyw_httpd_parent.watched[0]) };

static pyw_watched_process *const watched = pyw_httpd_parent.watched;

static void on_event(int reason, void *place, apr_wait_t status)
{
    pyw_watched_process *process = place;
    pyw_watched_process ended = *process;

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
