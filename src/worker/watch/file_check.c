/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/watch/file_check.h"

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "worker/heritage.h"
#include "worker/watch/crash_traceback.h"
#include "worker/watch/file_list.h"

/* Most modules are imported by the first requests. */
enum { RECORD_FIRST_MS = 1000, RECORD_MOST_MS = 64 * 1000 };

struct pyw_file_check {
    const pyw_engine *engine;
    void (*wake)(void);
    int is_recording; /* reload-at-restart=auto */

    /* Main thread. */
    unsigned asked, answered; /* the manager's questions */
    int64_t next_record;
    int record_interval;
    pthread_t thread;
    int is_running;

    /* The thread, while it runs. */
    apr_pool_t *pool;
    pyw_file_list *files;
    apr_hash_t *directories; /* the entries of sys.path */
    struct timespec since;   /* modules that are not recorded yet were loaded after this time */
    int is_check;            /* compare, not only record */
    char changed[PYW_BOARD_LINE];
    atomic_int is_done;
};

static struct timespec time_of_day(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* the clock of inodes */
    return now;
}

pyw_file_check *pyw_file_check_create(void)
{
    apr_pool_t *pool;
    pyw_file_check *check;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_tag(pool, "pywsgi_file_check");
    check = apr_pcalloc(pool, sizeof(*check));
    check->pool = pool;
    check->directories = apr_hash_make(pool);
    check->record_interval = RECORD_FIRST_MS;
    check->since = time_of_day();
    check->files = pyw_file_list_create();
    return check->files != NULL ? check : NULL;
}

void pyw_file_check_use(pyw_file_check *check, const pyw_engine *engine, const pyw_worker_options *options,
                        void (*wake)(void))
{
    check->engine = engine;
    check->is_recording = options->reload_at_restart == PYW_RELOAD_AUTO;
    check->wake = wake;
}

/* With the GIL: only copies. A byte for the kind, the path, and a NUL. */
static void copy_path(void *baton, const char *path, int is_search_path)
{
    pyw_buffer_append(baton, is_search_path ? "d" : "f", 1);
    pyw_buffer_append(baton, path, strlen(path) + 1);
}

static int is_pth_file(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && strcmp(name + length - 4, ".pth") == 0;
}

/* Calls `visit` for each .pth file of the directory, until it returns a path. */
static const char *each_pth_file(pyw_file_check *check, const char *directory,
                                 const char *(*visit)(pyw_file_check *check, const char *path))
{
    DIR *entries = opendir(directory);
    const struct dirent *entry;
    const char *found = NULL;

    while (entries != NULL && found == NULL && (entry = readdir(entries)) != NULL) {
        if (is_pth_file(entry->d_name)) {
            char *path;

            if (asprintf(&path, "%s/%s", directory, entry->d_name) > 0) {
                found = visit(check, path);
                free(path);
            }
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
    return found;
}

static const char *add_file(pyw_file_check *check, const char *path)
{
    pyw_file_list_add(check->files, path, &check->since);
    return NULL;
}

static void add_directory(pyw_file_check *check, const char *directory)
{
    if (apr_hash_get(check->directories, directory, APR_HASH_KEY_STRING) == NULL) {
        directory = apr_pstrdup(check->pool, directory);
        apr_hash_set(check->directories, directory, APR_HASH_KEY_STRING, directory);
        each_pth_file(check, directory, add_file);
    }
}

/* Records the modules that have been imported since the last time. */
static void record(pyw_file_check *check)
{
    struct timespec now = time_of_day();
    pyw_buffer paths = {0};

    check->engine->loaded_files(copy_path, &paths);
    for (size_t i = 0; i < paths.length; i += strlen(paths.data + i) + 1) {
        if (paths.data[i] == 'd') {
            add_directory(check, paths.data + i + 1);
        }
        else {
            add_file(check, paths.data + i + 1);
        }
    }
    if (!paths.failed) {
        check->since = now;
    }
    pyw_buffer_free(&paths);
}

static const char *note_new(pyw_file_check *check, const char *path)
{
    if (pyw_file_list_has(check->files, path)) {
        return NULL;
    }
    snprintf(check->changed, sizeof(check->changed), "%s", path);
    return check->changed;
}

/* Puts the first changed file into check->changed. */
static void compare(pyw_file_check *check)
{
    const char *changed = pyw_file_list_changed(check->files);

    if (changed != NULL) {
        snprintf(check->changed, sizeof(check->changed), "%s", changed);
    }
    for (apr_hash_index_t *i = apr_hash_first(NULL, check->directories); i != NULL && changed == NULL;
         i = apr_hash_next(i)) {
        changed = each_pth_file(check, apr_hash_this_key(i), note_new);
    }
}

static void *run(void *data)
{
    pyw_file_check *check = data;
    int64_t began = pyw_clock_us();

    pyw_crash_enter(PYW_CRASH_NO_SLOT);
    record(check);
    if (check->is_check) {
        compare(check);
        pyw_log(PYW_LOG_DEBUG, PYWNO(0491) "compared %d files with their state when they were loaded, in %.1f ms",
                pyw_file_list_count(check->files), (double)(pyw_clock_us() - began) / 1000);
    }
    check->engine->thread_end();
    pyw_crash_leave();
    atomic_store(&check->is_done, 1);
    check->wake();
    return NULL;
}

/* Without a thread nothing is known to have changed. */
static void start(pyw_file_check *check, int is_check)
{
    int error;

    check->is_check = is_check;
    check->changed[0] = '\0';
    atomic_store(&check->is_done, 0);
    error = pyw_thread_start(&check->thread, run, check);
    check->is_running = error == 0;
    if (error != 0) {
        pyw_log(PYW_LOG_WARNING,
                PYWNO(0490) "a thread to check whether the loaded files have changed cannot be created: %s",
                strerror(error));
    }
}

void pyw_file_check_end(pyw_file_check *check)
{
    if (check->is_running) {
        pthread_join(check->thread, NULL);
        check->is_running = 0;
    }
}

void pyw_file_check_record(pyw_file_check *check)
{
    start(check, 0);
    pyw_file_check_end(check);
}

void pyw_file_check_ask(pyw_file_check *check)
{
    check->asked++;
}

static pyw_file_answer answer(pyw_file_check *check, char *path, size_t size)
{
    pyw_file_check_end(check);
    if (!check->is_check) {
        return PYW_FILES_NO_ANSWER;
    }
    check->answered++;
    snprintf(path, size, "%s", check->changed);
    return check->changed[0] != '\0' ? PYW_FILES_CHANGED : PYW_FILES_UNCHANGED;
}

static void start_record(pyw_file_check *check)
{
    check->next_record = pyw_clock_ms() + check->record_interval;
    check->record_interval = 2 * check->record_interval < RECORD_MOST_MS ? 2 * check->record_interval : RECORD_MOST_MS;
    start(check, 0);
}

pyw_file_answer pyw_file_check_step(pyw_file_check *check, int is_template, char *path, size_t size)
{
    int is_started = 0;

    if (!check->is_running && check->answered != check->asked) {
        start(check, is_started = 1);
    }
    else if (!check->is_running && check->is_recording && !is_template && pyw_clock_ms() >= check->next_record) {
        start_record(check);
    }
    if (check->is_running ? is_template || atomic_load(&check->is_done) : is_started) {
        return answer(check, path, size);
    }
    return PYW_FILES_NO_ANSWER;
}
