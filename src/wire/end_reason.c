/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/end_reason.h"

const char *pyw_end_reason_name(unsigned reason)
{
    static const char *const names[PYW_END_REASONS] = {
        [PYW_END_SHUTDOWN] = "shutdown_signal",
        [PYW_END_RELOAD] = "script_reload",
        [PYW_END_SIGNAL] = "graceful_signal",
        [PYW_END_MAXIMUM_REQUESTS] = "maximum_requests",
        [PYW_END_RESTART_INTERVAL] = "restart_interval",
        [PYW_END_INACTIVITY_TIMEOUT] = "inactivity_timeout",
        [PYW_END_CPU_TIME_LIMIT] = "cpu_time_limit",
        [PYW_END_MEMORY_RECYCLE] = "memory_recycle",
        [PYW_END_REQUEST_TIMEOUT] = "request_timeout",
        [PYW_END_DEADLOCK_TIMEOUT] = "deadlock_timeout",
    };

    return names[reason < PYW_END_REASONS ? reason : PYW_END_SHUTDOWN];
}
