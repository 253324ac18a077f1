/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/shared/publish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "manager/child/child.h"
#include "manager/group/state.h"
#include "manager/handover.h"

/* The previous manager is dead, and its workers end. */
static void clear_workers(pyw_worker_list_group *worker_list, int size)
{
    for (int i = 0; i < size; i++) {
        const pyw_worker_list_status status = {.use = worker_list[i].status.use};

        if (worker_list[i].sequence != 0) {
            pyw_worker_list_write(&worker_list[i], &status, NULL, 0);
            pyw_worker_stats_write(&worker_list[i].stats, status.use, NULL, 0);
        }
    }
}

static void take_worker_list(pyw_manager *manager, pyw_worker_list_group *mapped, int size)
{
    if (manager->worker_list != NULL) {
        munmap(manager->worker_list, (size_t)manager->worker_list_size * sizeof(*mapped));
    }
    else if (!pyw_handover_has_predecessor(manager->handover)) {
        clear_workers(mapped, size);
    }
    manager->worker_list = mapped;
    manager->worker_list_size = size;
}

static const pyw_load_group *load_of(const pyw_manager *manager, const pyw_worker_group *group)
{
    int index = group->options->manager.worker_list_index;

    return index >= 0 && index < manager->load_size ? &manager->load[index] : NULL;
}

static void take_load(pyw_manager *manager, const pyw_load_group *mapped, int size)
{
    pyw_worker_group *group;

    if (manager->load != NULL) {
        munmap((void *)(uintptr_t)manager->load, (size_t)manager->load_size * sizeof(*mapped));
    }
    manager->load = mapped;
    manager->load_size = size;
    LIST_FOREACH (group, &manager->groups, next) {
        group->load = load_of(manager, group);
    }
}

static void take_stats(pyw_manager *manager, pyw_group_stats_table *mapped)
{
    if (manager->stats != NULL) {
        munmap(manager->stats, sizeof(*mapped));
    }
    manager->stats = mapped;
    manager->faults = &mapped->faults;
}

static size_t wanted_size(int frame_type, int fd)
{
    return frame_type == PYW_FRAME_STATS ? sizeof(pyw_group_stats_table) : pyw_worker_list_size(fd);
}

/*
 * httpd sends the memory with every configuration. It is the same memory, possibly larger, unless another build of
 * httpd's module has created it.
 */
void pyw_publish_take(pyw_manager *manager, int frame_type, int fd)
{
    size_t size = fd >= 0 ? wanted_size(frame_type, fd) : 0;
    void *mapped = size > 0 ? pyw_worker_list_map(fd, size, frame_type != PYW_FRAME_LOAD) : NULL;

    if (mapped == NULL) {
        pyw_problem_set(&manager->refused, "the memory that httpd shares cannot be mapped: %s", strerror(errno));
    }
    else if (frame_type == PYW_FRAME_STATS) {
        take_stats(manager, mapped);
    }
    else if (frame_type == PYW_FRAME_WORKER_LIST) {
        take_worker_list(manager, mapped, (int)(size / sizeof(pyw_worker_list_group)));
    }
    else {
        take_load(manager, mapped, (int)(size / sizeof(pyw_load_group)));
    }
    if (fd >= 0) {
        close(fd);
    }
}

static uint32_t list(const pyw_worker_group *group, pyw_worker_list_worker *workers, uint32_t capacity)
{
    uint32_t count = 0;

    for (const pyw_child *child = LIST_FIRST(&group->children); child != NULL && count < capacity;
         child = LIST_NEXT(child, next)) {
        if (pyw_child_is_loaded(child) && child->socket.name != NULL) {
            workers[count].serial = child->serial;
            workers[count].threads = (uint32_t)child->board_threads;
            workers[count].pid = (uint32_t)child->pid;
            count++;
        }
    }
    return count;
}

static int is_written(const pyw_worker_list_group *written, const pyw_worker_list_status *status,
                      const pyw_worker_list_worker *workers, uint32_t count)
{
    return (written->sequence & 1) == 0 && memcmp(&written->status, status, sizeof(*status)) == 0 &&
           written->count == count && memcmp(written->workers, workers, count * sizeof(*workers)) == 0;
}

static pyw_worker_list_status status_of(const pyw_manager *manager, const pyw_worker_group *group)
{
    pyw_group_state state = pyw_group_state_of(group);
    const pyw_worker_list_status status = {
        .use = (uint32_t)group->options->manager.worker_list_use,
        .state = state,
        .until = state == PYW_GROUP_DOWN ? group->start_at : 0,
        .drains = manager->drain.phase != PYW_DRAIN_NONE,
    };

    return status;
}

/* Logged once for each pause, not for each request. */
static void log_down(pyw_worker_group *group, const pyw_worker_list_status *status)
{
    if (status->state == PYW_GROUP_DOWN && group->down_until != status->until) {
        group->down_until = status->until;
        pyw_group_log(
            group, PYW_LOG_ERR,
            PYWNO(0340) "group '%s' has no worker, the next one is started in %d s: requests get 503 until then",
            group->options->name, (int)((status->until - pyw_clock_ms() + 999) / 1000));
    }
}

static int is_configured(const pyw_worker_group *group)
{
    return group->phase <= PYW_PHASE_STOPPED;
}

/* The entry of a removed group may already belong to a configured group, of the same or another name. */
static int owns_entry(const pyw_manager *manager, const pyw_worker_group *group)
{
    const pyw_worker_group *other;

    if (is_configured(group)) {
        return 1;
    }
    LIST_FOREACH (other, &manager->groups, next) {
        if (other != group && other->options->manager.worker_list_index == group->options->manager.worker_list_index &&
            is_configured(other)) {
            return 0;
        }
    }
    return 1;
}

/* The workers of a predecessor stay listed until those of this manager are ready. */
static int is_next_in_list(const pyw_worker_group *group)
{
    return !group->has_predecessor || pyw_worker_group_is_settled(group);
}

/* Without a control channel the worker list may belong to another manager. */
int pyw_publish_may_write(const pyw_manager *manager, const pyw_worker_group *group)
{
    int index = group->options->manager.worker_list_index;

    return index >= 0 && index < manager->worker_list_size && !pyw_handover_is_given(manager->handover) &&
           pyw_channel_fd(manager->control) >= 0 && is_next_in_list(group) && owns_entry(manager, group);
}

void pyw_publish_write(const pyw_manager *manager, pyw_worker_group *group)
{
    static pyw_worker_list_worker workers[PYW_WORKER_LIST_WORKERS];
    pyw_worker_list_group *written;
    pyw_worker_list_status status;
    uint32_t count;

    group->load = load_of(manager, group);
    if (!pyw_publish_may_write(manager, group)) {
        return;
    }
    written = &manager->worker_list[group->options->manager.worker_list_index];
    status = status_of(manager, group);
    count = list(group, workers, PYW_WORKER_LIST_WORKERS);
    if (!is_written(written, &status, workers, count)) {
        pyw_worker_list_write(written, &status, workers, count);
        log_down(group, &status);
    }
}

void pyw_publish_check_sockets(const pyw_manager *manager, pyw_worker_group *group)
{
    pyw_child *child;

    LIST_FOREACH (child, &group->children, next) {
        if (pyw_clock_ms() >= group->retry_at && pyw_child_is_loaded(child) && pyw_child_is_current(child) &&
            child->socket.name != NULL && !pyw_socket_file_is_intact(&child->socket, &manager->directory)) {
            pyw_group_log(group, PYW_LOG_WARNING,
                          PYWNO(0347) "the socket of worker %ld of group '%s' was removed: the worker is "
                                      "replaced",
                          (long)child->pid, group->options->name);
            child->is_recycled = 1;
            pyw_child_replaced_for(child, PYW_RESTART_SOCKET_REMOVED);
        }
    }
}
