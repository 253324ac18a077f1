/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the bytes that root reads from users of sites when it examines a configuration or writes one.
 * The first byte chooses: the output of an application that is loaded, as findings in text or as JSON; pyvenv.cfg of a
 * python-home; manage.py of a project. No byte controls a terminal, JSON is valid, and names have no character with a
 * meaning in a path or a configuration. httpd's functions are in its program, so this file has its own.
 */
#include "httpd/doctor/finding.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <http_log.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "command/site/project.h"
#include "config/check/pythonhome.h"
#include "config/config.h"
#include "httpd/doctor/trial_records.h"
#include "valid_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TRIAL, TRIAL_JSON, VENV, PROJECT, KINDS };

static char directory[64];
static const char *const files[] = {"pyvenv.cfg", "manage.py", "bin/python3", NULL};

module pywsgi_module;
server_rec *ap_server_conf;

void ap_log_error_(const char *file, int line, int module_index, int level, apr_status_t status,
                   const server_rec *server, const char *format, ...)
{
    abort();
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void remove_directory(void)
{
    for (size_t i = 0; files[i] != NULL; i++) {
        unlink(path_of(files[i]));
    }
    rmdir(path_of("bin"));
    rmdir(directory);
}

static void make_directory(void)
{
    snprintf(directory, sizeof(directory), "/tmp/fuzz_doctor.%ld", (long)getpid());
    pyw_must(mkdir(directory, 0700) == 0 && mkdir(path_of("bin"), 0700) == 0);
    pyw_must(symlink("/bin/sh", path_of("bin/python3")) == 0);
    unsetenv("DJANGO_SETTINGS_MODULE");
    atexit(remove_directory);
}

static void write_file(const char *name, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path_of(name), "we");

    pyw_must(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

static void check_output(apr_pool_t *pool, const uint8_t *data, size_t size, int as_json)
{
    apr_array_header_t *findings = apr_array_make(pool, 4, sizeof(pyw_finding));
    FILE *terminal = stdout;
    char *text = NULL, *state;
    size_t length;

    pyw_trial_records_add(findings, "site.conf:7", apr_pstrmemdup(pool, (const char *)data, size));
    stdout = open_memstream(&text, &length);
    pyw_must(stdout != NULL);
    pyw_findings_print(findings, as_json);
    fclose(stdout);
    stdout = terminal;
    pyw_must(strlen(text) == length);
    pyw_must_be_escaped(text);
    for (char *line = as_json ? apr_strtok(text, "\n", &state) : NULL; line; line = apr_strtok(NULL, "\n", &state)) {
        pyw_must_be_json(line);
    }
    free(text);
}

static void check_venv(apr_pool_t *pool, const uint8_t *data, size_t size)
{
    const char *series, *problem;

    write_file("pyvenv.cfg", data, size);
    problem = pyw_pythonhome_series(pool, directory, &series);
    pyw_must((problem == NULL) == (series != NULL));
    if (series != NULL) {
        const char *end = series + 2 + strspn(series + 2, "0123456789");

        pyw_must(strncmp(series, "3.", 2) == 0 && end > series + 2 && (*end == '\0' || strcmp(end, "t") == 0));
        (void)pyw_pythonhome_is_supported(series);
    }
}

static void check_project(apr_pool_t *pool, const uint8_t *data, size_t size)
{
    const char *settings, *callable, *names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

    write_file("manage.py", data, size);
    if (pyw_project_django(pool, directory, &settings, &callable) == NULL) {
        pyw_must(*settings != '\0' && settings[strspn(settings, names)] == '\0');
        pyw_must(callable[strspn(callable, apr_pstrcat(pool, names, ":()", NULL))] == '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool;

    if (size == 0) {
        return 0;
    }
    if (*directory == '\0') {
        apr_initialize();
        make_directory();
    }
    apr_pool_create(&pool, NULL);
    switch (data[0] % KINDS) {
    case VENV:
        check_venv(pool, data + 1, size - 1);
        break;
    case PROJECT:
        check_project(pool, data + 1, size - 1);
        break;
    default:
        check_output(pool, data + 1, size - 1, data[0] % KINDS == TRIAL_JSON);
    }
    apr_pool_destroy(pool);
    return 0;
}
