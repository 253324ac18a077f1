/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/reload/reload_watch.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <limits.h>
#include <stdalign.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/options/manager_options.h"

typedef struct pyw_reload_file {
    const char *path; /* NULL: the end of the list */
    struct stat seen; /* all zero: it does not exist */
} pyw_reload_file;

static void read_state(const char *path, struct stat *found)
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

/* Sets *has_modules if one of the names is "modules". */
static pyw_reload_file *split(apr_pool_t *pool, const char *reload_on, int *has_modules)
{
    apr_array_header_t *files = apr_array_make(pool, 4, sizeof(pyw_reload_file));
    char *state = NULL;
    char *copy = apr_pstrdup(pool, reload_on);

    for (char *path = apr_strtok(copy, ",", &state); path != NULL; path = apr_strtok(NULL, ",", &state)) {
        pyw_reload_file *file;

        if (strcmp(path, PYW_RELOAD_ON_MODULES) == 0) {
            *has_modules = 1;
            continue;
        }
        file = apr_array_push(files);
        memset(file, 0, sizeof(*file));
        file->path = path;
    }
    memset(apr_array_push(files), 0, sizeof(pyw_reload_file));
    return (pyw_reload_file *)(void *)files->elts;
}

/* Not IN_MODIFY: a file that is being written is read when it is closed. */
static void watch_directories(const pyw_reload_watch *watch, apr_pool_t *pool)
{
    const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;

    for (const pyw_reload_file *file = watch->files; watch->fd >= 0 && file->path != NULL; file++) {
        const char *slash = strrchr(file->path, '/');
        const char *directory =
            slash > file->path ? apr_pstrmemdup(pool, file->path, (apr_size_t)(slash - file->path)) : "/";

        (void)inotify_add_watch(watch->fd, directory, events);
    }
}

void pyw_reload_watch_end(pyw_reload_watch *watch)
{
    if (watch->fd >= 0) {
        close(watch->fd);
    }
    watch->fd = -1;
    watch->files = NULL;
    watch->has_modules = 0;
}

void pyw_reload_watch_begin(pyw_reload_watch *watch, apr_pool_t *pool, const char *reload_on)
{
    pyw_reload_watch_end(watch);
    if (reload_on != NULL) {
        watch->files = split(pool, reload_on, &watch->has_modules);
        watch->fd = watch->files->path != NULL ? inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1;
        watch_directories(watch, pool);
        pyw_reload_watch_note(watch);
    }
}

void pyw_reload_watch_note(const pyw_reload_watch *watch)
{
    for (pyw_reload_file *file = watch->files; file != NULL && file->path != NULL; file++) {
        read_state(file->path, &file->seen);
    }
}

const char *pyw_reload_watch_find_changed(const pyw_reload_watch *watch)
{
    for (const pyw_reload_file *file = watch->files; file != NULL && file->path != NULL; file++) {
        struct stat now;

        read_state(file->path, &now);
        if (!is_same_file(&file->seen, &now)) {
            return file->path;
        }
    }
    return NULL;
}

static int is_file_of_event(const pyw_reload_watch *watch, const struct inotify_event *event)
{
    for (const pyw_reload_file *file = watch->files; event->len > 0 && file->path != NULL; file++) {
        const char *slash = strrchr(file->path, '/');

        if (strcmp(slash + 1, event->name) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *pyw_reload_watch_listen(const pyw_reload_watch *watch)
{
    alignas(struct inotify_event) char events[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    ssize_t got = watch->fd >= 0 ? read(watch->fd, events, sizeof(events)) : -1;
    int is_concerned = 0;

    for (ssize_t used = 0; used < got;) {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)(events + used);

        is_concerned = is_concerned || is_file_of_event(watch, event);
        used += (ssize_t)(sizeof(*event) + event->len);
    }
    return is_concerned ? pyw_reload_watch_find_changed(watch) : NULL;
}
