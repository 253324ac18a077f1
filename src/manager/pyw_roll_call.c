/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_roll_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pyw_clock.h"
#include "base/pyw_log.h"
#include "manager/pyw_group_log.h"

static void take_roster(pyw_manager *manager, int fd)
{
    pyw_roster *mapped = pyw_roster_map(fd, sizeof(pyw_roster), 1);

    if (mapped == NULL) {
        pyw_log(PYW_LOG_ERR,
                PYWNO(0345) "the roster of httpd cannot be mapped: %s; its requests are queued by the kernel",
                strerror(errno));
        return;
    }
    if (manager->roster == NULL) {
        for (uint64_t i = 0; i < mapped->used && i < PYW_ROSTER_GROUPS; i++) {
            if (mapped->groups[i].count > 0 || mapped->groups[i].sequence & 1) {
                pyw_roster_write(&mapped->groups[i], mapped->groups[i].use, NULL, 0);
            }
        }
    }
    else {
        munmap(manager->roster, sizeof(pyw_roster));
    }
    manager->roster = mapped;
}

static int index_of(const pyw_worker_group *group)
{
    int index = group->options->roster_index;

    return index >= 0 && index < PYW_ROSTER_GROUPS ? index : -1;
}

static const pyw_load_group *load_of(const pyw_manager *manager, const pyw_worker_group *group)
{
    int index = index_of(group);

    return manager->load != NULL && index >= 0 ? &manager->load->groups[index] : NULL;
}

static void take_load(pyw_manager *manager, int fd)
{
    const pyw_load *mapped = pyw_roster_map(fd, sizeof(pyw_load), 0);

    if (mapped == NULL) {
        return;
    }
    if (manager->load != NULL) {
        munmap((void *)(uintptr_t)manager->load, sizeof(pyw_load));
    }
    manager->load = mapped;
    for (pyw_worker_group *group = manager->groups; group != NULL; group = group->next) {
        group->load = load_of(manager, group);
    }
}

/* They come with every configuration, and are the same memory unless another build of httpd's module has made its own.
 */
void pyw_roll_call_take(pyw_manager *manager, int frame_type, int fd)
{
    if (fd < 0) {
        return;
    }
    if (frame_type == PYW_FRAME_ROSTER) {
        take_roster(manager, fd);
    }
    else {
        take_load(manager, fd);
    }
    close(fd);
}

static uint32_t list(const pyw_worker_group *group, pyw_roster_worker *workers, uint32_t capacity)
{
    uint32_t count = 0;

    for (const pyw_child *child = group->children; child != NULL && count < capacity; child = child->next) {
        if (child->state == PYW_CHILD_READY && child->own_socket.name != NULL) {
            workers[count].serial = child->serial;
            workers[count].threads = (uint32_t)child->board_threads;
            workers[count].pid = (uint32_t)child->pid;
            count++;
        }
    }
    return count;
}

static int is_written(const pyw_roster_group *written, uint32_t use, const pyw_roster_worker *workers, uint32_t count)
{
    return (written->sequence & 1) == 0 && written->use == use && written->count == count &&
           memcmp(written->workers, workers, count * sizeof(*workers)) == 0;
}

static int is_configured(const pyw_worker_group *group)
{
    return !group->is_stopping && group->retire_at == INT64_MAX;
}

/* The place of a removed group may be a configured one's already: its later self, or one of another name. */
static int owns_place(const pyw_manager *manager, const pyw_worker_group *group)
{
    if (is_configured(group)) {
        return 1;
    }
    for (const pyw_worker_group *other = manager->groups; other != NULL; other = other->next) {
        if (other != group && index_of(other) == index_of(group) && is_configured(other)) {
            return 0;
        }
    }
    return 1;
}

void pyw_roll_call_write(const pyw_manager *manager, pyw_worker_group *group)
{
    static pyw_roster_worker workers[PYW_ROSTER_WORKERS];
    int index = index_of(group);
    uint32_t use = (uint32_t)group->options->roster_use;
    uint32_t count;

    group->load = load_of(manager, group);
    if (manager->roster == NULL || pyw_handover_is_given(manager->handover) || index < 0 ||
        pyw_channel_fd(manager->control) < 0 || /* it may be another manager's by now */
        !owns_place(manager, group)) {
        return;
    }
    count = list(group, workers, PYW_ROSTER_WORKERS);
    if (!is_written(&manager->roster->groups[index], use, workers, count)) {
        manager->roster->used = manager->roster->used > (uint64_t)index ? manager->roster->used : (uint64_t)index + 1;
        pyw_roster_write(&manager->roster->groups[index], use, workers, count);
    }
}

void pyw_roll_call_check_sockets(const pyw_manager *manager, pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        if (pyw_clock_ms() >= group->retry_at && child->state == PYW_CHILD_READY && !child->is_recycled &&
            child->own_socket.name != NULL && !pyw_socket_file_is_there(&child->own_socket, &manager->directory)) {
            pyw_group_log(group, PYW_LOG_WARNING,
                          PYWNO(0347) "the socket of worker %ld of group '%s' was removed by somebody: the worker is "
                                      "replaced",
                          (long)child->pid, group->options->name);
            child->is_recycled = 1;
        }
    }
}
