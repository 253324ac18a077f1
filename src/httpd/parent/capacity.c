/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/capacity.h"

#include <http_log.h>
#include <sys/resource.h>

#include "base/log.h"
#include "config/config.h"
#include "httpd/log/json.h"

APLOG_USE_MODULE(pywsgi);

/* The manager's own descriptors: its channels, clients of its commands, pipes of httpd's old children. */
enum {
    OWN_DESCRIPTORS = 96,
    PER_GROUP = 3,    /* the log, the next log during a restart, and the watch of reload-on= */
    PER_JSON_LOG = 2, /* the same for WSGIJSONLog: one, and one more during a restart */
    PER_WORKER = 2    /* its channel, and its log pipe */
};

typedef struct capacity {
    apr_uint64_t limit;
    apr_uint64_t least; /* each group with its minimum of workers */
    apr_uint64_t most;  /* each group with its maximum, while all workers are replaced */
    int groups;
    apr_uint64_t workers;
} capacity;

static capacity measure(void)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    capacity needed = {.groups = groups->nelts, .least = OWN_DESCRIPTORS, .most = OWN_DESCRIPTORS};
    struct rlimit files;

    for (int i = 0; i < groups->nelts; i++) {
        const pyw_group *group = APR_ARRAY_IDX(groups, i, const pyw_group *);
        const pyw_group_options *options = group->options;
        int per_group = pyw_json_log_fd(group->server) >= 0 ? PER_GROUP + PER_JSON_LOG : PER_GROUP;
        int template = options->manager.preload ? 1 : 0;
        int least = options->manager.processes_least + template;
        int most = 2 * (options->manager.processes + template) + options->manager.reload_overlap;

        needed.least += (apr_uint64_t)(per_group + PER_WORKER * least);
        needed.most += (apr_uint64_t)(per_group + PER_WORKER * most);
        needed.workers += (apr_uint64_t)options->manager.processes;
    }
    needed.limit = getrlimit(RLIMIT_NOFILE, &files) == 0 ? (apr_uint64_t)files.rlim_max : RLIM_INFINITY;
    return needed;
}

pyw_result pyw_capacity_check(pyw_problem *problem)
{
    const capacity needed = measure();

    if (needed.least <= needed.limit) {
        return PYW_OK;
    }
    return pyw_problem_set(problem,
                           "%d groups need at least %" APR_UINT64_T_FMT " descriptors, but the hard limit is "
                           "%" APR_UINT64_T_FMT ": raise it (LimitNOFILE= of the service, ulimit -Hn)",
                           needed.groups, needed.least, needed.limit);
}

void pyw_capacity_warn(server_rec *main_server)
{
    const capacity needed = measure();

    if (needed.least <= needed.limit && needed.most > needed.limit) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     PYWNO(0255) "%d groups with up to %" APR_UINT64_T_FMT " workers need up to %" APR_UINT64_T_FMT
                                 " descriptors in the process manager, but the hard limit is %" APR_UINT64_T_FMT
                                 ": if they run out, workers cannot start; raise it (LimitNOFILE= of the "
                                 "service, ulimit -Hn)",
                     needed.groups, needed.workers, needed.most, needed.limit);
    }
}
