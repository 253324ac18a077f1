/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_group_log.h"

#include <stdarg.h>
#include <stdio.h>

void pyw_group_log(const pyw_worker_group *group, pyw_log_level level, const char *format, ...)
{
    char text[PYW_LOG_RECORD_MAX];
    va_list args;
    int length;

    if ((int)level > group->options->log_level) {
        return;
    }
    va_start(args, format);
    length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (length > 0) {
        pyw_log_outlet_sink(group->log, level, text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
    }
}
