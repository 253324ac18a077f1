/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/reload_watch.h"

#include <apr_strings.h>
#include <limits.h>
#include <stdalign.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

struct pyw_reload_file {
    const char *path; /* NULL: behind the last one */
    struct stat seen; /* all zero: it does not exist */
};

static void look_at(const char *path, struct stat *found)
{
    if (stat(path, found) != 0) {
        memset(found, 0, sizeof(*found));
    }
}

static int is_same_file(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino && one->st_size == other->st_size &&
           one->st_mtim.tv_sec == other->st_mtim.tv_sec && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

/* From the pool of the group's options. */
static pyw_reload_file *split(const pyw_worker_group *group)
{
    apr_array_header_t *files = apr_array_make(group->pool, 4, sizeof(pyw_reload_file));
    char *state = NULL;
    char *copy = apr_pstrdup(group->pool, group->options->manager.reload_on);

    for (char *path = apr_strtok(copy, ",", &state); path != NULL; path = apr_strtok(NULL, ",", &state)) {
        pyw_reload_file *file = apr_array_push(files);

        memset(file, 0, sizeof(*file));
        file->path = path;
    }
    memset(apr_array_push(files), 0, sizeof(pyw_reload_file));
    return (pyw_reload_file *)(void *)files->elts;
}

/* Not IN_MODIFY: a file that is being written is not looked at before it is closed. */
static void watch_directories(pyw_worker_group *group)
{
    const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;

    pyw_reload_watch_end(group);
    group->reload_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (const pyw_reload_file *file = group->reload_files; group->reload_fd >= 0 && file->path != NULL; file++) {
        const char *slash = strrchr(file->path, '/');
        const char *directory =
            slash > file->path ? apr_pstrmemdup(group->pool, file->path, (apr_size_t)(slash - file->path)) : "/";

        (void)inotify_add_watch(group->reload_fd, directory, events);
    }
}

void pyw_reload_watch_end(pyw_worker_group *group)
{
    if (group->reload_fd >= 0) {
        close(group->reload_fd);
    }
    group->reload_fd = -1;
}

void pyw_reload_watch_begin(pyw_worker_group *group)
{
    if (group->options->manager.reload_on == NULL) {
        pyw_reload_watch_end(group);
        return;
    }
    if (group->reload_files == NULL) {
        group->reload_files = split(group);
        watch_directories(group);
    }
    for (pyw_reload_file *file = group->reload_files; file->path != NULL; file++) {
        look_at(file->path, &file->seen);
    }
}

static const char *find_changed(const pyw_worker_group *group)
{
    for (const pyw_reload_file *file = group->reload_files; file->path != NULL; file++) {
        struct stat now;

        look_at(file->path, &now);
        if (!is_same_file(&file->seen, &now)) {
            return file->path;
        }
    }
    return NULL;
}

const char *pyw_reload_watch_look(pyw_worker_group *group)
{
    return group->reload_files == NULL || group->is_stopping || group->retire_at != INT64_MAX ||
                   pyw_clock_ms() < group->retry_at
               ? NULL
               : find_changed(group);
}

static int is_named(const pyw_worker_group *group, const struct inotify_event *event)
{
    for (const pyw_reload_file *file = group->reload_files; event->len > 0 && file->path != NULL; file++) {
        const char *slash = strrchr(file->path, '/');

        if (strcmp(slash + 1, event->name) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *pyw_reload_watch_listen(pyw_worker_group *group)
{
    alignas(struct inotify_event) char events[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    ssize_t got = group->reload_fd >= 0 ? read(group->reload_fd, events, sizeof(events)) : -1;
    int is_concerned = 0;

    for (ssize_t used = 0; used < got;) {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)(events + used);

        is_concerned = is_concerned || is_named(group, event);
        used += (ssize_t)(sizeof(*event) + event->len);
    }
    return is_concerned ? pyw_reload_watch_look(group) : NULL;
}
