/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/group.h"

#include <stdarg.h>
#include <stdio.h>

#include "config/options/parse/user.h"

void pyw_group_log(const pyw_worker_group *group, pyw_log_level level, const char *format, ...)
{
    char text[PYW_LOG_RECORD_MAX];
    va_list args;
    int length;

    if ((int)level > group->options->worker.log_level) {
        return;
    }
    va_start(args, format);
    length = pyw_log_format(text, sizeof(text), format, args);
    va_end(args);
    if (length >= 0) {
        pyw_log_outlet_sink(group->log, level, text, (size_t)length);
    }
}

void pyw_worker_group_change(pyw_worker_group *group, pyw_phase_event event)
{
    int phase = pyw_phase_next(group->phase, event);

    if (phase == PYW_PHASE_DEFECT) {
        pyw_group_log(group, PYW_LOG_ERR,
                      PYWNO(0382) "group '%s' (%s): the event %s is ignored; this is a defect of mod_pywsgi",
                      group->options->name, pyw_phase_name(group->phase), pyw_phase_event_name(event));
    }
    else if (phase != (int)group->phase) {
        pyw_group_log(group, PYW_LOG_DEBUG, PYWNO(0381) "group '%s': %s -> %s", group->options->name,
                      pyw_phase_name(group->phase), pyw_phase_name((pyw_phase)phase));
        group->phase = (pyw_phase)phase;
    }
}

int pyw_worker_group_is_service(const pyw_worker_group *group)
{
    return group->options->worker.threads == 0;
}

int pyw_worker_group_has_canary(const pyw_worker_group *group)
{
    const pyw_canary *canary = &group->canary;

    return canary->limit_ms > 0 && !canary->has_passed && canary->generation == group->generation &&
           group->failed.generation != group->generation && group->phase == PYW_PHASE_SERVING;
}

int pyw_worker_group_graceful_limit(const pyw_worker_group *group)
{
    const pyw_group_options *options = group->options;

    return (int)apr_time_as_msec(pyw_worker_group_is_service(group) ? options->worker.shutdown_timeout
                                                                    : options->manager.graceful_timeout);
}

uid_t pyw_worker_group_socket_owner(const pyw_worker_group *group)
{
    uid_t owner = group->settings->httpd_uid;

    if (group->options->worker.socket_user != NULL) {
        pyw_options_uid(group->options->worker.socket_user, &owner);
    }
    return owner;
}
