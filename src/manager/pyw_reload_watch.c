/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/pyw_reload_watch.h"

#include <apr_strings.h>
#include <string.h>
#include <sys/stat.h>

#include "manager/pyw_group_log.h"
#include "wire/pyw_wait.h"

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

static int is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino && one->st_size == other->st_size &&
           one->st_mtim.tv_sec == other->st_mtim.tv_sec && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

/* From the pool of the group's options. */
static pyw_reload_file *split(const pyw_worker_group *group)
{
    apr_array_header_t *files = apr_array_make(group->pool, 4, sizeof(pyw_reload_file));
    char *state = NULL;
    char *copy = apr_pstrdup(group->pool, group->options->reload_on);

    for (char *path = apr_strtok(copy, ",", &state); path != NULL; path = apr_strtok(NULL, ",", &state)) {
        pyw_reload_file *file = apr_array_push(files);

        memset(file, 0, sizeof(*file));
        file->path = path;
    }
    memset(apr_array_push(files), 0, sizeof(pyw_reload_file));
    return (pyw_reload_file *)(void *)files->elts;
}

void pyw_reload_watch_begin(pyw_worker_group *group)
{
    if (group->options->reload_on == NULL) {
        return;
    }
    if (group->reload_files == NULL) {
        group->reload_files = split(group);
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
        if (!is_same(&file->seen, &now)) {
            return file->path;
        }
    }
    return NULL;
}

void pyw_reload_watch_look(pyw_worker_group *group)
{
    const char *path;

    if (group->reload_files == NULL || group->is_stopping || group->retire_at != INT64_MAX ||
        pyw_wait_now() < group->retry_at) {
        return;
    }
    path = find_changed(group);
    if (path != NULL) {
        pyw_group_log(group, PYW_LOG_NOTICE,
                      PYWNO(0323) "%s changed: the workers of group '%s' are replaced (reload-on)", path,
                      group->options->name);
        pyw_worker_group_roll(group);
    }
}
