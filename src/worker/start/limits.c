/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/start/limits.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"

typedef struct limit {
    const char *option;
    rlim_t value;
    int resource;
    int is_given;
} limit;

/* Keep a higher hard limit that root has set: a process without privileges can only lower it. */
static rlim_t at_most_hard(const limit *wanted)
{
    struct rlimit now;

    if (getrlimit((__rlimit_resource_t)wanted->resource, &now) != 0 || wanted->value <= now.rlim_max) {
        return wanted->value;
    }
    pyw_log(PYW_LOG_WARNING,
            PYWNO(0402) "%s=%llu is above the limit that httpd runs with, %llu, and only root can raise it",
            wanted->option, (unsigned long long)wanted->value, (unsigned long long)now.rlim_max);
    return now.rlim_max;
}

static pyw_result set(const limit *wanted, pyw_problem *problem)
{
    struct rlimit both = {wanted->value, wanted->value};

    if (!wanted->is_given || setrlimit((__rlimit_resource_t)wanted->resource, &both) == 0) {
        return PYW_OK;
    }
    if (errno == EPERM) {
        both.rlim_cur = both.rlim_max = at_most_hard(wanted);
        if (setrlimit((__rlimit_resource_t)wanted->resource, &both) == 0) {
            return PYW_OK;
        }
    }
    return pyw_problem_set(problem, "%s=%llu: %s", wanted->option, (unsigned long long)wanted->value, strerror(errno));
}

pyw_result pyw_limits_set(const pyw_worker_options *options, pyw_problem *problem)
{
    const limit limits[] = {
        {"memory-limit", options->memory_limit, RLIMIT_DATA, options->memory_limit > 0},
        {"virtual-memory-limit", options->virtual_memory_limit, RLIMIT_AS, options->virtual_memory_limit > 0},
        {"process-limit", (rlim_t)options->process_limit, RLIMIT_NPROC, options->process_limit > 0},
        {"file-limit", (rlim_t)options->file_limit, RLIMIT_NOFILE, options->file_limit > 0},
        {"core-limit", options->core_limit, RLIMIT_CORE, options->core_limit != PYW_CORE_LIMIT_INHERITED},
    };
    pyw_result result = PYW_OK;

    for (size_t i = 0; result == PYW_OK && i < sizeof(limits) / sizeof(limits[0]); i++) {
        result = set(&limits[i], problem);
    }
    return result;
}
