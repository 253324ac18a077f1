/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/configuration.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/options/options.h"
#include "config/options/use.h"
#include "manager/group/reload/code_check.h"
#include "manager/group/reload/reload_watch.h"
#include "manager/group/reload/replacement.h"
#include "manager/group/reports.h"
#include "manager/group/scale.h"
#include "manager/group/send.h"
#include "manager/handover.h"
#include "wire/table.h"

/*
 * How long a removed group continues to serve: httpd's old children may still have requests for it, and a child may
 * stay for hours because of an unrelated download.
 */
enum {
    RETIRE_UNSEEN_MS = 10 * 1000, /* if the manager cannot see when the old children exit */
    RETIRE_MOST_MS = 5 * 60 * 1000
};

static void free_pending(pyw_pending_group *pending)
{
    if (pending->log_fd >= 0) {
        close(pending->log_fd);
    }
    if (pending->json_log_fd >= 0) {
        close(pending->json_log_fd);
    }
    if (pending->pool != NULL) {
        apr_pool_destroy(pending->pool);
    }
    free(pending);
}

static void drop_pending(pyw_manager *manager)
{
    while (!LIST_EMPTY(&manager->pending)) {
        pyw_pending_group *pending = LIST_FIRST(&manager->pending);

        LIST_REMOVE(pending, next);
        free_pending(pending);
    }
}

void pyw_configuration_take_json_log(pyw_manager *manager, int fd)
{
    if (manager->json_log_fd >= 0) {
        close(manager->json_log_fd);
    }
    manager->json_log_fd = fd;
}

static int give_json_log(pyw_manager *manager)
{
    int fd = manager->json_log_fd;

    manager->json_log_fd = -1;
    return fd;
}

pyw_result pyw_configuration_add(pyw_manager *manager, const char *payload, uint32_t length, int log_fd,
                                 pyw_problem *problem)
{
    apr_pool_t *pool;
    pyw_pending_group *pending = calloc(1, sizeof(*pending));
    pyw_group_options *options;
    const apr_table_t *pairs;
    const char *error = "the frame is malformed, or carries no log";

    if (pending == NULL) {
        close(log_fd);
        return pyw_problem_set(problem, "no memory");
    }
    apr_pool_create(&pool, manager->pool);
    options = pyw_options_create(pool, "");
    pending->pool = pool;
    pending->log_fd = log_fd;
    pending->json_log_fd = give_json_log(manager);
    pending->options = options;
    pairs = pyw_table_decode(pool, payload, length);
    if (pairs != NULL && log_fd >= 0) {
        error = pyw_options_restore_all(options, pool, pairs);
    }
    if (error != NULL) {
        free_pending(pending);
        return pyw_problem_set(problem, "GROUP: %s", error);
    }
    LIST_INSERT_HEAD(&manager->pending, pending, next);
    return PYW_OK;
}

static pyw_worker_group *find_running_group(pyw_manager *manager, const char *name)
{
    pyw_worker_group *group;

    LIST_FOREACH (group, &manager->groups, next) {
        if (group->phase < PYW_PHASE_ENDING && strcmp(group->options->name, name) == 0) {
            return group;
        }
    }
    return NULL;
}

void pyw_configuration_recover_logs(pyw_manager *manager)
{
    char name[PYW_LOG_STORE_NAME];
    pid_t pid;
    int fd;

    while ((fd = pyw_log_store_get(&manager->log_store, &pid, name)) >= 0) {
        pyw_worker_group *group = find_running_group(manager, name);
        pyw_log_intake *intake = pyw_log_intake_adopt(fd);

        if (intake != NULL) {
            pyw_log_intake_add(group != NULL ? &group->intakes : &manager->intakes, intake, pid);
        }
    }
}

/* Moves the options, with their pool, and the log to the group. */
static void take_over(pyw_worker_group *group, pyw_pending_group *pending)
{
    group->pool = pending->pool;
    group->options = pending->options;
    pyw_reload_watch_begin(&group->reload_watch, group->pool, group->options->manager.reload_on);
    pyw_scale_begin(group);
    pending->pool = NULL;
}

static void free_group(pyw_worker_group *group)
{
    pyw_reload_watch_end(&group->reload_watch);
    if (group->log != NULL) {
        pyw_log_outlet_destroy(group->log, 0);
    }
    free(group);
}

void pyw_configuration_drop(pyw_manager *manager, pyw_worker_group *group)
{
    LIST_REMOVE(group, next);
    pyw_log_intake_join(&manager->intakes, &group->intakes);
    apr_pool_destroy(group->pool);
    free_group(group);
}

/* A group of an old manager with another build continues without a visible change. */
static void inherit(pyw_manager *manager, pyw_worker_group *group)
{
    const pyw_legacy *legacy = pyw_handover_find(manager->handover, manager->directory.path, group->options->name);

    if (legacy != NULL) {
        group->phase = legacy->is_stopped ? PYW_PHASE_STOPPED : PYW_PHASE_SERVING;
        group->has_predecessor = 1;
        pyw_scale_succeed(group, legacy->workers, legacy->memory);
    }
}

static void use_json_log(pyw_log_outlet *log, pyw_pending_group *pending)
{
    pyw_log_outlet_open_json(log, pending->json_log_fd, pending->options->name);
    pending->json_log_fd = -1;
}

/* Creates a group that is in no list yet; its options still belong to the pending group. */
static pyw_worker_group *create_group(pyw_manager *manager, pyw_pending_group *pending, pyw_problem *problem)
{
    pyw_worker_group *group = calloc(1, sizeof(*group));

    if (group != NULL) {
        group->log = pyw_log_outlet_create(pending->log_fd);
        pending->log_fd = -1;
    }
    if (group != NULL && group->log != NULL) {
        use_json_log(group->log, pending);
    }
    if (group == NULL || group->log == NULL) {
        free(group);
        pyw_problem_set(problem, "no memory");
        return NULL;
    }
    pyw_log_outlet_note_faults(group->log, &manager->faults, pending->options->name);
    group->report = pyw_group_report;
    group->settings = &manager->settings;
    group->directory = &manager->directory;
    group->options = pending->options;
    group->reload_watch.fd = -1;
    inherit(manager, group);
    return group;
}

/* Finds or creates the group of each pending group. Contains all steps that can fail. */
static pyw_result prepare(pyw_manager *manager, pyw_problem *problem)
{
    pyw_pending_group *pending;

    LIST_FOREACH (pending, &manager->pending, next) {
        pending->group = find_running_group(manager, pending->options->name);
        pending->is_new = pending->group == NULL;
        if (pending->is_new) {
            pending->group = create_group(manager, pending, problem);
        }
        if (pending->group == NULL) {
            return PYW_FAILED;
        }
    }
    return PYW_OK;
}

static void undo_prepare(pyw_manager *manager)
{
    pyw_pending_group *pending;

    LIST_FOREACH (pending, &manager->pending, next) {
        if (pending->is_new && pending->group != NULL) {
            free_group(pending->group);
        }
    }
}

/* `names`: of the options that changed. */
static void log_update(const pyw_worker_group *group, const char *names, int roll)
{
    if (roll) {
        pyw_group_log(group, PYW_LOG_NOTICE,
                      PYWNO(0330) "the options of group '%s' changed (%s): its workers are replaced",
                      group->options->name, names);
    }
    else {
        pyw_group_log(group, PYW_LOG_NOTICE,
                      PYWNO(0341) "the options of group '%s' changed (%s): its workers stay, the new values are in use",
                      group->options->name, names);
    }
}

static void update_options(pyw_worker_group *group, pyw_pending_group *pending)
{
    apr_pool_t *old = group->pool;

    take_over(group, pending);
    apr_pool_destroy(old);
    pyw_worker_group_send_options(group);
}

static void update_log(pyw_worker_group *group, pyw_pending_group *pending)
{
    pyw_log_outlet_open(group->log, pending->log_fd);
    pending->log_fd = -1;
    use_json_log(group->log, pending);
}

static void update_group(pyw_pending_group *pending, int roll)
{
    pyw_worker_group *group = pending->group;
    int replaces_workers;
    const char *names = pyw_options_difference(group->options, pending->options, &replaces_workers, pending->pool);

    pyw_worker_group_change(group, PYW_PHASE_CONFIGURE);
    roll |= replaces_workers;
    if (*names != '\0') {
        log_update(group, names, roll);
        update_options(group, pending);
    }
    if (roll) {
        pyw_worker_group_roll(group, PYW_RELOAD_BY_OPTIONS);
    }
    else {
        pyw_code_check_restart(group);
    }
    update_log(group, pending);
}

static int is_pending(const pyw_manager *manager, const pyw_worker_group *group)
{
    const pyw_pending_group *pending;

    LIST_FOREACH (pending, &manager->pending, next) {
        if (pending->group == group) {
            return 1;
        }
    }
    return 0;
}

static int64_t retire_limit(const pyw_worker_group *group)
{
    int64_t graceful = apr_time_as_msec(group->options->manager.graceful_timeout);

    if (group->wanted_by == 0) {
        return RETIRE_UNSEEN_MS;
    }
    return graceful > RETIRE_MOST_MS ? graceful : RETIRE_MOST_MS;
}

/* `wanted_by`: the number of the last httpd configuration with this group. */
static void remove_group(pyw_worker_group *group, unsigned wanted_by)
{
    pyw_phase before = group->phase;

    pyw_worker_group_change(group, PYW_PHASE_REMOVE);
    if (group->phase == before) {
        return;
    }
    pyw_group_log(group, PYW_LOG_NOTICE,
                  PYWNO(0331) "group '%s' is no longer configured: its workers finish when httpd's old children have "
                              "exited",
                  group->options->name);
    group->wanted_by = wanted_by;
    group->retire_at = pyw_clock_ms() + retire_limit(group);
}

void pyw_configuration_retire_unwanted(pyw_manager *manager)
{
    pyw_worker_group *group;

    LIST_FOREACH (group, &manager->groups, next) {
        if (group->phase == PYW_PHASE_RETIRING && group->wanted_by > 0 &&
            pyw_liveness_pipes_is_gone(&manager->liveness_pipes, group->wanted_by)) {
            group->retire_at = pyw_clock_ms();
            group->wanted_by = 0;
        }
    }
}

/* New children do not know these groups; their liveness pipe is the newest. */
static void retire_others(pyw_manager *manager)
{
    unsigned wanted_by = manager->liveness_pipes.newest > 0 ? manager->liveness_pipes.newest - 1 : 0;
    pyw_worker_group *group;

    LIST_FOREACH (group, &manager->groups, next) {
        if (!is_pending(manager, group)) {
            remove_group(group, wanted_by);
        }
    }
}

void pyw_configuration_retire_others(pyw_manager *manager)
{
    pyw_worker_group *group;

    LIST_FOREACH (group, &manager->groups, next) {
        remove_group(group, manager->liveness_pipes.newest);
    }
}

/* Cannot fail. `roll`: a change affects all workers. */
static void apply(pyw_manager *manager, int roll)
{
    pyw_pending_group *pending;

    retire_others(manager);
    LIST_FOREACH (pending, &manager->pending, next) {
        if (!pending->is_new) {
            update_group(pending, roll);
            continue;
        }
        take_over(pending->group, pending);
        LIST_INSERT_HEAD(&manager->groups, pending->group, next);
    }
}

static pyw_result restore_settings(pyw_settings *settings, apr_pool_t *pool, const char *payload, uint32_t length,
                                   pyw_problem *problem)
{
    const apr_table_t *table = pyw_table_decode(pool, payload, length);
    const apr_array_header_t *elements = table != NULL ? apr_table_elts(table) : NULL;
    const char *error = table != NULL ? NULL : "the frame is malformed";

    for (int i = 0; error == NULL && i < elements->nelts; i++) {
        const apr_table_entry_t *entry = &((const apr_table_entry_t *)(void *)elements->elts)[i];

        error = pyw_settings_restore(settings, pool, entry->key, entry->val);
    }
    if (error == NULL && settings->socket_directory == NULL) {
        error = "it names no directory for the sockets";
    }
    if (error != NULL) {
        pyw_problem_set(problem, "COMMIT: %s", error);
        return PYW_FAILED;
    }
    return PYW_OK;
}

/* Opens the directory at the first configuration, and when WSGISocketPrefix has changed. */
static pyw_result use_directory(pyw_manager *manager, pyw_problem *problem)
{
    if (manager->directory.fd >= 0 && strcmp(manager->directory.path, manager->settings.socket_directory) == 0) {
        return PYW_OK;
    }
    return pyw_socket_directory_open(&manager->directory, manager->settings.socket_directory,
                                     pyw_handover_uses(manager->handover, manager->settings.socket_directory), problem);
}

static pyw_result commit(pyw_manager *manager, const pyw_settings *before, pyw_problem *problem)
{
    pyw_socket_directory old = manager->directory;
    pyw_result result = use_directory(manager, problem);
    int moved = manager->directory.fd != old.fd;

    if (result == PYW_OK) {
        result = prepare(manager, problem);
    }
    if (result != PYW_OK) {
        undo_prepare(manager);
        if (moved) {
            pyw_socket_directory_remove(&manager->directory);
            manager->directory = old;
        }
        return result;
    }
    if (moved) {
        pyw_socket_directory_remove(&old); /* including the sockets of the workers, which are replaced */
    }
    apply(manager, before->socket_directory != NULL && (moved || before->httpd_uid != manager->settings.httpd_uid));
    return PYW_OK;
}

static void use_log(pyw_manager *manager, int log_fd)
{
    if (log_fd >= 0) {
        dup2(log_fd, 1);
        dup2(log_fd, 2);
        pyw_log_outlet_open(manager->log, fcntl(log_fd, F_DUPFD_CLOEXEC, 3));
    }
    pyw_log_outlet_open_json(manager->log, give_json_log(manager), NULL);
    pyw_log_install(pyw_log_outlet_sink, manager->log, (pyw_log_level)manager->settings.log_level);
}

pyw_result pyw_configuration_commit(pyw_manager *manager, const char *payload, uint32_t length, int log_fd,
                                    pyw_problem *problem)
{
    const pyw_settings before = manager->settings;
    pyw_settings settings = {0};
    apr_pool_t *pool;
    pyw_result result;

    apr_pool_create(&pool, manager->pool);
    result = restore_settings(&settings, pool, payload, length, problem);
    if (result == PYW_OK && manager->refused.text[0] != '\0') {
        result = pyw_problem_set(problem, "%s", manager->refused.text);
    }
    manager->refused.text[0] = '\0';
    if (result == PYW_OK) {
        manager->settings = settings;
        use_log(manager, log_fd);
        result = commit(manager, &before, problem);
    }
    if (result == PYW_OK) {
        manager->is_unused = LIST_EMPTY(&manager->pending);
    }
    drop_pending(manager);
    if (result != PYW_OK) {
        manager->settings = before;
        apr_pool_destroy(pool);
        return result;
    }
    if (manager->settings_pool != NULL) {
        apr_pool_destroy(manager->settings_pool);
    }
    manager->settings_pool = pool;
    return PYW_OK;
}
