/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/group.h"

#include <stdarg.h>
#include <stdio.h>

#include "config/options/user.h"

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

int pyw_worker_group_is_service(const pyw_worker_group *group)
{
    return group->options->worker.threads == 0;
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
