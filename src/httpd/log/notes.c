/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/log/notes.h"

#include <apr_strings.h>
#include <http_config.h>
#include <string.h>

#include "base/clock.h"
#include "httpd/child_context.h"

/*
 * Whether a directive names a note. httpd keeps the text of all directives that it does not execute while it reads
 * them, including LogFormat and CustomLog.
 */
static int mentions_notes(const ap_directive_t *directive)
{
    for (; directive; directive = directive->next) {
        if ((directive->args && strstr(directive->args, "{pywsgi-")) || mentions_notes(directive->first_child)) {
            return 1;
        }
    }
    return 0;
}

void pyw_log_notes_prepare(void)
{
    pyw_httpd_child.has_log_notes = mentions_notes(ap_conftree);
}

int pyw_log_notes_are_wanted(void)
{
    return pyw_httpd_child.has_log_notes;
}

static void set_time(request_rec *r, const char *name, int64_t from, int64_t to)
{
    apr_table_setn(r->notes, name,
                   apr_psprintf(r->pool, "%" APR_INT64_T_FMT, (apr_int64_t)(to > from ? to - from : 0)));
}

void pyw_log_notes_set(request_rec *r, const pyw_target *target)
{
    const pyw_measure *measure = &target->measure;
    int64_t now = pyw_clock_us();

    apr_table_setn(r->notes, "pywsgi-group", target->group ? target->group->options->name : "%{GLOBAL}");
    apr_table_setn(r->notes, "pywsgi-id", target->timing.id);
    if (measure->worker) {
        apr_table_setn(r->notes, "pywsgi-worker", apr_psprintf(r->pool, "%lu", (unsigned long)measure->worker));
    }
    if (measure->begun) {
        set_time(r, "pywsgi-queue", measure->collected ? measure->collected : target->timing.taken, measure->begun);
        set_time(r, "pywsgi-app", measure->begun, measure->ended ? measure->ended : now);
    }
}
