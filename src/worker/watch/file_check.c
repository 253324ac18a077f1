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
#include "base/os/thread.h"
#include "worker/watch/crash_traceback.h"
#include "worker/watch/file_list.h"
#include "worker/watch/file_state.h"
#include "worker/watch/source_tree.h"

/* Most modules are imported by the first requests. */
enum { RECORD_FIRST_MS = 1000, RECORD_MOST_MS = 64 * 1000 };

struct pyw_file_check {
    const pyw_engine *engine;
    pyw_script_watch *scripts;
    void (*wake)(void);
    int is_recording; /* reload-at-restart=auto */

    /* Main thread. */
    unsigned asked, answered; /* the manager's questions ... */
    unsigned asked_all;       /* ... and the number of the last one about all files */
    int64_t next_record;
    int record_interval;
    pthread_t thread;
    int is_running;

    /* The thread, while it runs. */
    apr_pool_t *pool;
    pyw_file_list *files;
    apr_hash_t *directories; /* the entries of sys.path */
    pyw_source_tree *sources;
    int sources_recorded;  /* how many of their directories are recorded ... */
    int is_partial;        /* ... except files beyond the limits */
    struct timespec since; /* modules that are not recorded yet were loaded after this time */
    int is_check;          /* compare, not only record ... */
    int only_code;         /* ... and only files of Python code */
    uint64_t digest;       /* of the files that have changed */
    pyw_file_change change;
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

int pyw_file_check_use(pyw_file_check *check, const pyw_engine *engine, const pyw_worker_options *options,
                       pyw_script_watch *scripts, void (*wake)(void))
{
    check->scripts = scripts;
    check->engine = engine;
    check->sources = pyw_source_tree_create(options);
    check->is_recording = options->reload_at_restart == PYW_RELOAD_AUTO;
    check->wake = wake;
    return check->sources != NULL;
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

/* Calls `visit` for each .pth file of the directory. */
static void each_pth_file(pyw_file_check *check, const char *directory, pyw_source_visit *visit)
{
    DIR *entries = opendir(directory);
    const struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        char *path;

        if (is_pth_file(entry->d_name) && asprintf(&path, "%s/%s", directory, entry->d_name) > 0) {
            visit(check, path, PYW_FILE_LOADED);
            free(path);
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
}

static const char *add_file(void *baton, const char *path, pyw_file_kind kind)
{
    pyw_file_check *check = baton;

    if (!pyw_source_tree_excludes(check->sources, path)) {
        pyw_file_list_add(check->files, path, kind, &check->since);
    }
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

static void add_script(void *sources, const char *script)
{
    pyw_source_tree_add_script(sources, script);
}

/* Records the files in the directories of the application, which include those of scripts that requests have found. */
static void add_sources(pyw_file_check *check)
{
    int first = check->sources_recorded;
    int was_partial = check->is_partial;

    pyw_script_watch_each(check->scripts, add_script, check->sources);
    check->sources_recorded = pyw_source_tree_count(check->sources);
    if (first == check->sources_recorded) {
        return;
    }
    pyw_source_tree_walk(check->sources, first, check->files, add_file, check, &check->is_partial);
    if (check->is_partial && !was_partial) {
        pyw_log(PYW_LOG_NOTICE,
                PYWNO(0492) "the directories of the application are too large to be compared completely "
                            "at a restart of httpd: exclude data with reload-exclude=");
    }
}

/* Records the modules that have been imported since the last time. */
static void record_files(pyw_file_check *check)
{
    struct timespec now = time_of_day();
    pyw_buffer paths = {0};

    check->engine->loaded_files(copy_path, &paths);
    for (size_t i = 0; i < paths.length; i += strlen(paths.data + i) + 1) {
        if (paths.data[i] == 'd') {
            add_directory(check, paths.data + i + 1);
        }
        else {
            add_file(check, paths.data + i + 1, PYW_FILE_LOADED);
        }
    }
    add_sources(check);
    if (!paths.failed) {
        check->since = now;
    }
    pyw_buffer_free(&paths);
}

static void note_first(pyw_file_check *check, const char *path, pyw_change_kind kind)
{
    if (check->change.path[0] == '\0') {
        snprintf(check->change.path, sizeof(check->change.path), "%s", path);
        check->change.kind = kind;
    }
}

static const char *note_new(void *baton, const char *path, pyw_file_kind kind)
{
    pyw_file_check *check = baton;
    pyw_file_state state;

    if ((check->only_code && kind == PYW_FILE_TEXT) || pyw_file_list_has(check->files, path) ||
        pyw_source_tree_excludes(check->sources, path)) {
        return NULL;
    }
    state = pyw_file_state_read(path);
    check->change.digest += pyw_file_state_digest(path, &state);
    note_first(check, path, PYW_CHANGE_NEW);
    return NULL;
}

/* Puts the first changed file into check->change.path. */
static void find_change(pyw_file_check *check)
{
    pyw_file_kind kind;
    const char *changed = pyw_file_list_compare(check->files, check->only_code, &check->change.digest, &kind);
    int unused = 0;

    if (changed != NULL) {
        note_first(check, changed, kind == PYW_FILE_LOADED ? PYW_CHANGE_LOADED : PYW_CHANGE_SOURCE);
    }
    for (apr_hash_index_t *i = apr_hash_first(NULL, check->directories); i != NULL; i = apr_hash_next(i)) {
        each_pth_file(check, apr_hash_this_key(i), note_new);
    }
    if (!check->is_partial) {
        pyw_source_tree_walk(check->sources, 0, check->files, note_new, check, &unused);
    }
}

static void log_duration(const pyw_file_check *check)
{
    struct timespec used = {0, 0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    pyw_log(PYW_LOG_DEBUG,
            PYWNO(0491) "compared %d files with their state when they were loaded, in %.1f ms of CPU time",
            pyw_file_list_count(check->files), (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6);
}

static void *check_thread(void *data)
{
    pyw_file_check *check = data;

    pyw_crash_enter(PYW_CRASH_NO_SLOT);
    record_files(check);
    if (check->is_check) {
        find_change(check);
        log_duration(check);
    }
    check->engine->thread_end();
    pyw_crash_leave();
    atomic_store(&check->is_done, 1);
    check->wake();
    return NULL;
}

/* If the thread cannot be started, no file counts as changed. */
static void start_check(pyw_file_check *check, int is_check)
{
    int error;

    check->is_check = is_check;
    check->only_code = check->answered >= check->asked_all;
    check->change.digest = 1;
    check->change.path[0] = '\0';
    atomic_store(&check->is_done, 0);
    error = pyw_thread_start(&check->thread, check_thread, check);
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
    start_check(check, 0);
    pyw_file_check_end(check);
}

void pyw_file_check_ask(pyw_file_check *check, int only_code)
{
    check->asked++;
    if (!only_code) {
        check->asked_all = check->asked;
    }
}

static pyw_file_answer answer(pyw_file_check *check, pyw_file_change *change)
{
    pyw_file_check_end(check);
    if (!check->is_check) {
        return PYW_FILES_NO_ANSWER;
    }
    check->answered++;
    *change = check->change;
    return check->change.path[0] != '\0' ? PYW_FILES_CHANGED : PYW_FILES_UNCHANGED;
}

static void start_record(pyw_file_check *check)
{
    check->next_record = pyw_clock_ms() + check->record_interval;
    check->record_interval = 2 * check->record_interval < RECORD_MOST_MS ? 2 * check->record_interval : RECORD_MOST_MS;
    start_check(check, 0);
}

pyw_file_answer pyw_file_check_step(pyw_file_check *check, int is_template, pyw_file_change *change)
{
    int is_started = 0;

    if (!check->is_running && check->answered != check->asked) {
        start_check(check, is_started = 1);
    }
    else if (!check->is_running && check->is_recording && !is_template && pyw_clock_ms() >= check->next_record) {
        start_record(check);
    }
    if (check->is_running ? is_template || atomic_load(&check->is_done) : is_started) {
        return answer(check, change);
    }
    return PYW_FILES_NO_ANSWER;
}
