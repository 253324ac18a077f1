/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/scoreboard.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <scoreboard.h>
#include <stdatomic.h>

#include "config/config.h"
#include "httpd/child_context.h"

#define INTERVAL_US APR_USEC_PER_SEC

/* A line of text for an application. The fields are separated by tabs. */
enum { LINE_SIZE = 288 };

/* Shown for SERVER_DEAD, SERVER_STARTING ..., as in mod_status. */
static const char status_letters[] = ".S_RWKLDCGI";

typedef struct text {
    char *data;
    apr_size_t length;
} text;

static void add_formatted(text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line that is too long loses its end. */
static void add_formatted(text *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    out->length += (apr_size_t)apr_vsnprintf(out->data + out->length, LINE_SIZE - 1, format, args);
    va_end(args);
    out->data[out->length++] = '\n';
    out->data[out->length] = '\0';
}

/* Clients choose the request line, so replace control characters, among which our separators are. */
static const char *printable(char *value)
{
    for (char *at = value; *at; at++) {
        if ((unsigned char)*at < ' ') {
            *at = '?';
        }
    }
    return value;
}

static void add_worker(text *out, int process, int thread)
{
    worker_score worker;

    ap_copy_scoreboard_worker(&worker, process, thread);
    worker.client[sizeof(worker.client) - 1] = '\0';
    worker.request[sizeof(worker.request) - 1] = '\0';
    worker.vhost[sizeof(worker.vhost) - 1] = '\0';
    add_formatted(out,
                  "%d\t%d\t%c\t%lu\t%" APR_UINT64_T_FMT "\t%" APR_TIME_T_FMT "\t%" APR_TIME_T_FMT "\t%" APR_TIME_T_FMT
                  "\t%s\t%s\t%s",
                  worker.thread_num, (int)worker.generation,
                  worker.status < sizeof(status_letters) - 1 ? status_letters[worker.status] : '?', worker.access_count,
                  (apr_uint64_t)worker.bytes_served, worker.start_time, worker.stop_time, worker.last_used,
                  printable(worker.client), printable(worker.request), printable(worker.vhost));
}

static const char *describe_server(apr_pool_t *pool, apr_time_t now)
{
    const global_score *global = ap_get_scoreboard_global();
    text out;

    if (!global) {
        return NULL;
    }
    out.data =
        apr_palloc(pool, LINE_SIZE * (2 + (apr_size_t)global->server_limit * (1 + (apr_size_t)global->thread_limit)));
    out.length = 0;
    add_formatted(&out, "%d\t%d\t%d\t%" APR_TIME_T_FMT "\t%" APR_TIME_T_FMT, global->server_limit, global->thread_limit,
                  (int)global->running_generation, global->restart_time, now);
    for (int i = 0; i < global->server_limit; i++) {
        const process_score *process = ap_get_scoreboard_process(i);

        add_formatted(&out, "%" APR_PID_T_FMT "\t%d\t%d", process->pid, (int)process->generation,
                      process->quiescing != 0);
        for (int j = 0; j < global->thread_limit; j++) {
            add_worker(&out, i, j);
        }
    }
    return out.data;
}

static int wants_metrics(const pyw_target *target)
{
    return target->group ? target->group->options->httpd.server_metrics : pyw_config_main()->server_metrics;
}

const char *pyw_scoreboard_due(request_rec *r, const pyw_target *target)
{
    _Atomic int64_t *sent_at;
    int64_t before;
    apr_time_t now;

    if (!wants_metrics(target) || target->spec.is_function) {
        return NULL;
    }
    sent_at = target->group ? target->group->scoreboard_sent_at : &pyw_httpd_child.scoreboard_sent_at;
    before = atomic_load(sent_at);
    now = apr_time_now();
    if (now - before < INTERVAL_US && now >= before) {
        return NULL;
    }
    return atomic_compare_exchange_strong(sent_at, &before, now) ? describe_server(r->pool, now) : NULL;
}
