/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Examines a configuration. This verb runs httpd -t with a define, at which mod_pywsgi examines the configuration
 * (httpd/doctor), and shows the result.
 */
#include <apr_strings.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/json_text.h"

enum { OUTPUT_MOST = 4 * 1024 * 1024, ARGUMENTS_MOST = 8 };

/* The last line of mod_pywsgi's output. */
#define CHECKED "checked "

/* The names of httpd's program; on Debian it needs the variables that apache2ctl sets. */
static const char *const programs[] = {"apache2ctl", "httpd", "apache2", NULL};

typedef struct examination {
    const pyw_call *call;
    int as_json;
    int findings;
    char *checked; /* the rest of the line CHECKED; NULL: mod_pywsgi has not answered */
} examination;

static const char *find_program(apr_pool_t *pool)
{
    static const char *const directories[] = {"/usr/sbin", "/usr/local/sbin", "/usr/local/apache2/bin", "/usr/bin"};

    for (int i = 0; programs[i] != NULL; i++) {
        for (size_t j = 0; j < sizeof(directories) / sizeof(directories[0]); j++) {
            const char *path = apr_pstrcat(pool, directories[j], "/", programs[i], NULL);

            if (access(path, X_OK) == 0) {
                return path;
            }
        }
    }
    return NULL;
}

/* Runs httpd with its output in the two files. Returns its exit status; -1: it was not run to its end. */
static int run_httpd(const char *const *arguments, FILE *out, FILE *err)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (dup2(fileno(out), 1) < 0 || dup2(fileno(err), 2) < 0) {
            _exit(127);
        }
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127) {
        return -1;
    }
    return WEXITSTATUS(status);
}

static char *read_text(apr_pool_t *pool, FILE *file)
{
    char *text = apr_palloc(pool, OUTPUT_MOST + 1);

    rewind(file);
    text[fread(text, 1, OUTPUT_MOST, file)] = '\0';
    return text;
}

/* Between JSON objects. */
static const char *separator(const examination *self)
{
    return self->findings > 1 ? ",\n" : "\n";
}

static int is_finding(const char *line)
{
    return *line == '{' || strncmp(line, "error ", 6) == 0 || strncmp(line, "warning ", 8) == 0;
}

/* A finding, or a further line of one. Other lines are those of apache2ctl, such as "Action '-t' failed." */
static int is_shown(const examination *self, const char *line)
{
    return is_finding(line) || (*line == ' ' && !self->as_json);
}

/* The lines of mod_pywsgi are finished, as text or as JSON objects. */
static void show_findings(examination *self, char *text)
{
    char *state = NULL;

    for (char *line = strtok_r(text, "\n", &state); line != NULL; line = strtok_r(NULL, "\n", &state)) {
        if (strncmp(line, CHECKED, sizeof(CHECKED) - 1) == 0) {
            self->checked = line + sizeof(CHECKED) - 1;
            continue;
        }
        if (!is_shown(self, line)) {
            continue;
        }
        self->findings += is_finding(line);
        printf("%s%s%s", self->as_json ? separator(self) : "", line, self->as_json ? "" : "\n");
    }
}

static void add_finding(examination *self, const char *severity, const char *text)
{
    const char *tag = strstr(text, "PYW");

    self->findings++;
    if (!self->as_json) {
        printf("%s %s\n", severity, text);
        return;
    }
    printf("%s{\"severity\": \"%s\", \"tag\": ", separator(self), severity);
    if (tag != NULL && strspn(tag + 3, "0123456789") == 4) {
        pyw_json_print_text(tag, 7);
    }
    else {
        fputs("null", stdout);
    }
    fputs(", \"place\": null, \"what\": ", stdout);
    pyw_json_print_text(text, strlen(text));
    fputs(", \"write\": null, \"detail\": \"\"}", stdout);
}

/* Messages of httpd itself, and of the checks that each configtest makes. */
static void show_messages(examination *self, char *text, int has_failed)
{
    char *state = NULL;

    for (char *line = strtok_r(text, "\n", &state); line != NULL; line = strtok_r(NULL, "\n", &state)) {
        char shown[PYW_LOG_RECORD_MAX];

        if (has_failed || strstr(line, "PYW") != NULL) {
            pyw_log_escape(shown, sizeof(shown), line, strlen(line));
            add_finding(self, has_failed ? "error" : "warning", shown);
        }
    }
}

static int examine(examination *self, const char *const *arguments, FILE *out, FILE *err)
{
    apr_pool_t *pool = self->call->pool;
    int status = run_httpd(arguments, out, err);

    if (status < 0) {
        pyw_call_fail(apr_pstrcat(pool, arguments[0], " cannot be run", NULL));
        return PYW_COMMAND_NO_MANAGER;
    }
    if (self->as_json) {
        fputs("{\"findings\": [", stdout);
    }
    show_messages(self, read_text(pool, err), status != 0);
    show_findings(self, read_text(pool, out));
    if (status == 0 && self->checked == NULL) {
        add_finding(self, "error",
                    "this configuration does not load mod_pywsgi; write: LoadModule pywsgi_module mod_pywsgi.so");
    }
    if (status != 0 && self->findings == 0) {
        add_finding(self, "error",
                    apr_psprintf(pool, "%s -t failed (status %d) without a message", arguments[0], status));
    }
    if (self->as_json) {
        puts(self->findings > 0 ? "\n]}" : "]}");
    }
    else if (self->checked != NULL) {
        printf("%s: %d %s\n", self->checked, self->findings, self->findings == 1 ? "finding" : "findings");
    }
    return self->findings == 0 ? PYW_COMMAND_DONE : PYW_COMMAND_REFUSED;
}

/* For httpd, a relative path is below ServerRoot. */
static const char *config_path(apr_pool_t *pool, const char *config)
{
    char path[PATH_MAX];

    return config != NULL && realpath(config, path) != NULL ? apr_pstrdup(pool, path) : config;
}

static int run_check(const pyw_call *call)
{
    examination self = {.call = call, .as_json = pyw_call_option(call, "json") != NULL};
    const char *config = config_path(call->pool, pyw_call_option(call, "config"));
    const char *program = pyw_call_option(call, "httpd");
    const char *arguments[ARGUMENTS_MOST] = {program != NULL ? program : find_program(call->pool),
                                             "-t",
                                             "-D",
                                             self.as_json ? "PYWSGI_CHECK_JSON" : "PYWSGI_CHECK",
                                             config != NULL ? "-f" : NULL,
                                             config,
                                             NULL};
    FILE *out = tmpfile(), *err = tmpfile();
    int status = PYW_COMMAND_NO_MANAGER;

    if (arguments[0] == NULL) {
        pyw_call_fail("httpd is not found; name it with --httpd PROGRAM");
    }
    else if (out == NULL || err == NULL) {
        pyw_call_fail(apr_psprintf(call->pool, "no temporary file: %s", strerror(errno)));
    }
    else {
        status = examine(&self, arguments, out, err);
    }
    return status;
}

static const pyw_verb_option options[] = {{"config", "FILE", "the configuration file; default: that of httpd"},
                                          {"httpd", "PROGRAM", "the program httpd, or apache2ctl"},
                                          {"json", NULL, "print one JSON object"},
                                          {NULL, NULL, NULL}};

const pyw_verb pyw_verb_check = {
    "check",
    NULL,
    "Examine the configuration, load all applications, and find mistakes",
    "Nothing is started or changed: httpd reads its configuration as for configtest, each application is loaded\n"
    "by a process of its own as the group's user, and a request from 127.0.0.1 is simulated for each alias.\n"
    "Run it as root. Each finding says what is wrong, and what to write. Exit status: 0 no findings, 1 findings.\n",
    options,
    run_check,
};
