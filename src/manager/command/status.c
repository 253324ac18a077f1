/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/command/status.h"

#include <apr_strings.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/version.h"
#include "manager/child/child.h"
#include "manager/child/measure.h"
#include "manager/group/reload/canary.h"
#include "manager/group/state.h"

typedef struct row {
    apr_pool_t *pool;
    pyw_pairs pairs;
} row;

/* The row refers to the value until it is sent. */
static void add_text(row *self, const char *name, const char *value)
{
    if (value != NULL) {
        pyw_pairs_add_text(&self->pairs, name, value);
    }
}

static void add_number(row *self, const char *name, uint64_t value)
{
    add_text(self, name, apr_psprintf(self->pool, "%" PRIu64, value));
}

static void send_row(row *self, pyw_command_client *client)
{
    pyw_command_server_row(client, &self->pairs, -1);
    pyw_pairs_free(&self->pairs);
}

const char *pyw_status_child_state(const pyw_child *child)
{
    return child->is_template && child->state == PYW_CHILD_READY
               ? "template"
               : pyw_worker_state_name(pyw_child_state_published(child->state));
}

/* For a service group: its program. */
static void add_applications(row *self, const pyw_group_options *options)
{
    const apr_array_header_t *list =
        options->worker.threads > 0 ? options->worker.applications : options->worker.imports;

    for (int i = 0; i < list->nelts; i++) {
        const pyw_application_option *option = APR_ARRAY_IDX(list, i, const pyw_application_option *);

        add_text(self, "application",
                 option->is_module ? apr_pstrcat(self->pool, option->target, ":", option->callable, NULL)
                                   : option->target);
    }
}

/* The generation of the newest code that serves, without code that failed to load. */
static unsigned serving_generation(const pyw_worker_group *group)
{
    unsigned newest = 0;
    int is_served = 0;
    const pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (pyw_child_is_loaded(child)) {
            newest = child->code_generation > newest ? child->code_generation : newest;
            is_served = 1;
        }
    }
    return is_served ? newest : group->generation;
}

/* The moment in UTC. */
static void add_moment(row *self, const char *name, time_t moment)
{
    char text[sizeof("2026-11-29T17:45:16Z") + 8];
    struct tm day;

    if (moment != 0 && gmtime_r(&moment, &day) != NULL) {
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &day);
        add_text(self, name, apr_pstrdup(self->pool, text));
    }
}

static void add_reload(row *self, const pyw_worker_group *group)
{
    if (group->failed.at != 0) {
        add_moment(self, "reload-failed-at", group->failed.at);
        add_text(self, "reload-problem", group->failed.problem);
    }
}

static void add_last_reload(row *self, const pyw_reload_record *reload)
{
    if (reload->at != 0) {
        add_moment(self, "reload-at", (time_t)reload->at);
        add_text(self, "reload-by", pyw_reload_cause_name(reload->cause));
        add_text(self, "reload-result", pyw_reload_result_name(reload->result));
    }
}

/* How often workers were restarted for each reason. */
static void add_restarts(row *self, const pyw_group_stats *stats)
{
    for (unsigned i = 0; i < PYW_RESTART_REASONS; i++) {
        if (stats->restarts[i] > 0) {
            add_number(self, apr_pstrcat(self->pool, "restarts.", pyw_restart_reason_name(i), NULL),
                       stats->restarts[i]);
        }
    }
}

static void add_canary(row *self, const pyw_worker_group *group)
{
    char text[PYW_CANARY_TEXT];

    if (pyw_worker_group_has_canary(group) && pyw_canary_describe(group, group->generation, text)) {
        add_text(self, "canary", apr_pstrdup(self->pool, text));
    }
}

static void send_group(const pyw_worker_group *group, pyw_command_client *client)
{
    row self = {pyw_command_server_pool(client), {0}};
    pyw_group_state state = pyw_group_state_of(group);

    add_text(&self, "kind", "group");
    add_text(&self, "name", group->options->name);
    add_text(&self, "state", pyw_group_state_name(state));
    add_text(&self, "health", pyw_group_state_health(state));
    add_number(&self, "processes", (uint64_t)group->wanted);
    add_number(&self, "threads", (uint64_t)group->options->worker.threads);
    add_number(&self, "waiting", group->load != NULL ? group->load->waiting : 0);
    add_number(&self, "generation", serving_generation(group));
    add_reload(&self, group);
    add_canary(&self, group);
    add_last_reload(&self, &group->stats.reload);
    add_restarts(&self, &group->stats);
    add_number(&self, "failures", (uint64_t)group->failures);
    add_text(&self, "user", group->options->worker.user);
    add_text(&self, "python-home", group->options->worker.python_home);
    add_applications(&self, group->options);
    send_row(&self, client);
}

/* The worker writes the board, so a text may be unterminated and must not be trusted. */
static void add_board_text(row *self, const char *name, const char *text, size_t size)
{
    add_text(self, name, apr_pstrndup(self->pool, text, strnlen(text, size)));
}

static void add_requests(row *self, const pyw_child *child)
{
    uint64_t busy = 0;

    for (int i = 0; child->board != NULL && i < child->board_threads; i++) {
        const pyw_board_slot *slot = &child->board->slots[i];

        if (slot->busy) {
            busy++;
            add_board_text(self, "request", slot->line, sizeof(slot->line));
        }
    }
    add_number(self, "busy", busy);
}

static void send_request(const pyw_child *child, const pyw_board_slot *slot, pyw_command_client *client)
{
    row self = {pyw_command_server_pool(client), {0}};
    int64_t age = pyw_clock_us() - slot->since;

    add_text(&self, "kind", "request");
    add_text(&self, "group", child->group->options->name);
    add_number(&self, "pid", (uint64_t)child->pid);
    add_text(&self, "thread", apr_psprintf(self.pool, "%016" PRIx64, (uint64_t)slot->thread));
    add_board_text(&self, "request", slot->line, sizeof(slot->line));
    add_board_text(&self, "client", slot->client, sizeof(slot->client));
    add_board_text(&self, "id", slot->id, sizeof(slot->id));
    add_number(&self, "age-ms", age > 0 ? (uint64_t)age / 1000 : 0);
    send_row(&self, client);
}

void pyw_status_send_requests(const pyw_child *child, pyw_command_client *client)
{
    for (int i = 0; child->board != NULL && i < child->board_threads; i++) {
        if (child->board->slots[i].busy) {
            send_request(child, &child->board->slots[i], client);
        }
    }
}

static void send_worker(const pyw_child *child, pyw_command_client *client)
{
    row self = {pyw_command_server_pool(client), {0}};

    add_text(&self, "kind", "worker");
    add_text(&self, "group", child->group->options->name);
    add_number(&self, "pid", (uint64_t)child->pid);
    add_text(&self, "state", pyw_status_child_state(child));
    add_number(&self, "uptime-ms", (uint64_t)(pyw_clock_ms() - child->started));
    add_number(&self, "served", child->board != NULL ? child->board->served : 0);
    add_number(&self, "threads", (uint64_t)child->board_threads);
    add_number(&self, "memory", pyw_measure_resident(child->pid));
    add_number(&self, "cpu-ms", child->measured.cpu_us / 1000);
    add_number(&self, "generation", child->code_generation);
    if (child->state == PYW_CHILD_BROKEN) {
        add_text(&self, "problem", child->problem);
    }
    add_requests(&self, child);
    send_row(&self, client);
    pyw_status_send_requests(child, client);
}

static void send_workers(const pyw_child_list *list, pyw_command_client *client)
{
    const pyw_child *child;

    LIST_FOREACH (child, list, next) {
        send_worker(child, client);
    }
}

static void send_manager(const pyw_manager *manager, pyw_command_client *client)
{
    static const char *const drains[] = {NULL, "waiting", "stopping", "stopping"};
    row self = {pyw_command_server_pool(client), {0}};

    add_text(&self, "kind", "manager");
    add_number(&self, "pid", (uint64_t)getpid());
    add_number(&self, "httpd", (uint64_t)manager->parent);
    add_text(&self, "version", PYW_VERSION);
    add_text(&self, "server", manager->settings.server_name);
    add_text(&self, "directory", manager->directory.path);
    add_number(&self, "uptime-ms", (uint64_t)(pyw_clock_ms() - manager->started));
    add_text(&self, "drain", drains[manager->drain.phase]);
    send_row(&self, client);
}

void pyw_status_send(const pyw_manager *manager, const pyw_worker_group *only, pyw_command_client *client)
{
    const pyw_worker_group *group;

    send_manager(manager, client);
    LIST_FOREACH (group, &manager->groups, next) {
        if (only != NULL && group != only) {
            continue;
        }
        send_group(group, client);
        send_workers(&group->children, client);
        send_workers(&group->templates, client);
    }
}
