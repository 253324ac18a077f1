/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* environ, explicit_bzero, memmem */
#endif
#include "httpd/parent/scrub.h"

#include <errno.h>
#include <fcntl.h>
#include <http_config.h>
#include <http_log.h>
#include <http_main.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"

APLOG_USE_MODULE(pywsgi);

#define PREFIX "env="

enum { PREFIX_LENGTH = sizeof(PREFIX) - 1, WINDOW_LEAST = 1024 * 1024, LINE_LEAST = 4096, MAPS_LINE = 4096 + 128 };

/* A larger region is address space that a sanitizer or an allocator has reserved, and reading it would take hours. */
#define REGION_MOST ((uintptr_t)1 << 34)

/* The window: a copy of `length` bytes of memory from `start` on. */
typedef struct scrub {
    const process_rec *process;
    int memory_fd; /* a read of an unmapped page fails, but does not kill the process */
    char *window;
    size_t size;
    size_t overlap; /* the length of the longest text to find */
    uintptr_t start;
    size_t length;
} scrub;

/* Compares a setting with its text in the configuration, where \ may precede quotes, itself, and line ends. */
static size_t match_setting(const char *text, const char *end, const char *setting, size_t *matched)
{
    const char *at = text;
    const char *expected = setting;

    while (at < end && *expected != '\0') {
        if (end - at >= 2 && *at == '\\' && (at[1] == *expected || at[1] == '\n')) {
            expected += at[1] == *expected;
            at += 2;
        }
        else if (*at == *expected) {
            at++;
            expected++;
        }
        else {
            break;
        }
    }
    *matched = (size_t)(expected - setting);
    return (size_t)(at - text);
}

static int is_in_title(const char *text, const char *at)
{
    return at >= text && at < text + strlen(text);
}

static int is_in_any(const apr_array_header_t *directives, const char *at)
{
    for (int i = 0; i < directives->nelts; i++) {
        if (is_in_title(APR_ARRAY_IDX(directives, i, const char *), at)) {
            return 1;
        }
    }
    return 0;
}

/* Whether httpd reads the text again at a restart: the directives of -C and -c, and ${NAME} of the environment. */
static int is_read_again(const scrub *job, const char *at)
{
    for (int i = 0; i < job->process->argc; i++) {
        if (is_in_title(job->process->argv[i], at)) {
            return 1;
        }
    }
    for (char **variable = environ; *variable; variable++) {
        if (is_in_title(*variable, at)) {
            return 1;
        }
    }
    return is_in_any(ap_server_pre_read_config, at) || is_in_any(ap_server_post_read_config, at);
}

/* `text` follows env= in the window. Overwrites the value of the longest setting that matches. */
static void wipe_value(const scrub *job, const char *text, const char *end)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    size_t longest = 0, skipped = 0;
    char *place;

    text += text < end && (*text == '"' || *text == '\'');
    for (int i = 0; i < groups->nelts; i++) {
        const apr_array_header_t *env = APR_ARRAY_IDX(groups, i, const pyw_group *)->options->worker.env;

        for (int j = 0; j < env->nelts; j++) {
            const char *setting = APR_ARRAY_IDX(env, j, const char *);
            size_t name = strcspn(setting, "=") + 1, matched;
            size_t length = match_setting(text, end, setting, &matched);

            if (matched > name && length > longest) {
                longest = length;
                skipped = name;
            }
        }
    }
    place = (char *)job->start + (text + skipped - job->window);
    if (longest > 0 && !is_read_again(job, place)) {
        explicit_bzero(place, longest - skipped);
    }
}

/* Searches for texts that begin in the first `length` bytes; the next window begins after these. */
static void search_window(const scrub *job, size_t length)
{
    const char *end = job->window + job->length;
    const char *at = job->window;

    while ((at = memmem(at, (size_t)(end - at), PREFIX, PREFIX_LENGTH)) != NULL && at < job->window + length) {
        at += PREFIX_LENGTH;
        wipe_value(job, at, end);
    }
}

/* Searches [first, end) in overlapping windows, and skips unmapped pages. */
static void search_region(scrub *job, uintptr_t first, uintptr_t end)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    while (first < end) {
        size_t wanted = end - first < job->size ? end - first : job->size;
        ssize_t got = pread(job->memory_fd, job->window, wanted, (off_t)first);
        size_t step = got > 0 ? (size_t)got : page;

        if (got > 0) {
            if (step > job->overlap && first + step < end) {
                step -= job->overlap;
            }
            job->start = first;
            job->length = (size_t)got;
            search_window(job, step);
        }
        first += step;
    }
}

static int is_searchable(const scrub *job, const char *permissions, uintptr_t first, uintptr_t end)
{
    uintptr_t window = (uintptr_t)job->window;

    return strncmp(permissions, "rw-p", 4) == 0 && end - first <= REGION_MOST &&
           (window >= end || window + job->size <= first) &&
           !pyw_secrets_are_in(pyw_config_main()->secrets, first, end);
}

/* "7f1c00000000-7f1c00021000 rw-p ..." */
static int read_range(const char *line, uintptr_t *first, uintptr_t *end, const char **permissions)
{
    char *at;

    *first = (uintptr_t)strtoumax(line, &at, 16);
    if (*at != '-') {
        return 0;
    }
    *end = (uintptr_t)strtoumax(at + 1, &at, 16);
    *permissions = at + 1;
    return *at == ' ';
}

static int search_memory(scrub *job, FILE *maps)
{
    char line[MAPS_LINE];
    const char *permissions;
    uintptr_t first, end;
    int regions = 0;

    while (fgets(line, sizeof(line), maps)) {
        if (read_range(line, &first, &end, &permissions) && is_searchable(job, permissions, first, end)) {
            search_region(job, first, end);
            regions++;
        }
    }
    return regions > 0;
}

/* The length of the longest setting with a \ before each character. */
static size_t longest_setting(void)
{
    const apr_array_header_t *groups = pyw_config_main()->groups;
    size_t longest = LINE_LEAST;

    for (int i = 0; i < groups->nelts; i++) {
        const apr_array_header_t *env = APR_ARRAY_IDX(groups, i, const pyw_group *)->options->worker.env;

        for (int j = 0; j < env->nelts; j++) {
            size_t length = 2 * strlen(APR_ARRAY_IDX(env, j, const char *)) + PREFIX_LENGTH + 2;

            longest = length > longest ? length : longest;
        }
    }
    return longest;
}

static int search_mappings(const process_rec *process)
{
    scrub job = {.process = process, .overlap = longest_setting()};
    FILE *maps = fopen("/proc/self/maps", "re");
    void *window;
    int done = 0;

    job.size = job.overlap * 4 > WINDOW_LEAST ? job.overlap * 4 : WINDOW_LEAST;
    window = mmap(NULL, job.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    job.memory_fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (maps && window != MAP_FAILED && job.memory_fd >= 0) {
        job.window = window;
        done = search_memory(&job, maps);
    }
    if (job.memory_fd >= 0) {
        close(job.memory_fd);
    }
    if (window != MAP_FAILED) {
        munmap(window, job.size);
    }
    if (maps) {
        fclose(maps);
    }
    return done;
}

int pyw_scrub_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    (void)pconf, (void)plog, (void)ptemp;
    if (pyw_config_main()->has_secrets_in_text && !search_mappings(main_server->process)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     PYWNO(0130) "httpd cannot search its own memory (/proc/self/mem: %s): its children may inherit "
                                 "values of env=; put passwords into an env-file",
                     strerror(errno));
    }
    return OK;
}
