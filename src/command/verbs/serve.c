/* SPDX-License-Identifier: Apache-2.0 */
/* Serves an application by a private httpd, until Ctrl-C. */
#include <apr_strings.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/call.h"
#include "command/exit_status.h"
#include "command/serve/account.h"
#include "command/serve/certificate.h"
#include "command/serve/private_directory.h"
#include "command/serve/server_conf.h"
#include "command/serve/supervisor.h"
#include "command/site/conf_text.h"

enum { PORT = 8000, SECONDS_MOST = 24 * 60 * 60, DEADLINE = 8 };

typedef struct service {
    const pyw_call *call;
    pyw_serve_conf conf;
    long drain, deadline;
} service;

/* PORT of the environment, as hosting platforms set it, and then --bind. */
static const char *read_address(service *self)
{
    const char *port = getenv("PORT"), *bind = pyw_call_option(self->call, "bind");

    self->conf.host = "127.0.0.1";
    self->conf.port = PORT;
    if (port != NULL && (strspn(port, "0123456789") != strlen(port) ||
                         (*port != '\0' && !pyw_serve_conf_read_address(&self->conf, self->call->pool, port)))) {
        return "the environment variable PORT is no port";
    }
    if (bind != NULL && !pyw_serve_conf_read_address(&self->conf, self->call->pool, bind)) {
        return "--bind takes HOST:PORT, such as 127.0.0.1:8000, 0.0.0.0:8000 or [::1]:8000";
    }
    return NULL;
}

static const char *read_file(apr_pool_t *pool, const char **out, const char *path)
{
    char resolved[PATH_MAX];

    if (realpath(path, resolved) == NULL || !pyw_conf_is_text(resolved)) {
        return "--tls: the certificate or the key does not exist; write --tls=CERT,KEY";
    }
    *out = apr_pstrdup(pool, resolved);
    return NULL;
}

static const char *read_tls(service *self)
{
    apr_pool_t *pool = self->call->pool;
    const char *files = pyw_call_option(self->call, "tls");
    const char *comma = files != NULL ? strchr(files, ',') : NULL;
    const char *problem = NULL;

    self->conf.has_tls = files != NULL;
    if (files == NULL || *files == '\0') {
        return NULL;
    }
    if (comma == NULL) {
        return "--tls takes nothing, or CERT,KEY";
    }
    problem = read_file(pool, &self->conf.certificate, apr_pstrndup(pool, files, (size_t)(comma - files)));
    return problem != NULL ? problem : read_file(pool, &self->conf.key, comma + 1);
}

static const char *read_options(service *self)
{
    const pyw_call *call = self->call;
    const char *problem = pyw_site_read(&self->conf.site, call, NULL);

    self->deadline = DEADLINE;
    self->conf.reloads = pyw_call_option(call, "reload") != NULL;
    self->conf.ready = pyw_call_option(call, "ready");
    if (problem == NULL && (!pyw_call_number(call, "drain", 0, SECONDS_MOST, &self->drain) ||
                            !pyw_call_number(call, "deadline", 1, SECONDS_MOST, &self->deadline))) {
        return "";
    }
    self->conf.deadline = self->deadline;
    if (problem == NULL && self->conf.ready != NULL &&
        (*self->conf.ready != '/' || !pyw_conf_is_text(self->conf.ready))) {
        problem = "--ready takes the path of a URL, such as /-/ready";
    }
    problem = problem != NULL ? problem : read_address(self);
    return problem != NULL ? problem : read_tls(self);
}

static const char *find_server(service *self)
{
    const pyw_call *call = self->call;
    const char *problem = pyw_account_find(call->pool, pyw_call_option(call, "user"), self->conf.site.project,
                                           &self->conf.user, &self->conf.group);

    return problem != NULL ? problem
                           : pyw_installation_find(&self->conf.installation, call->pool, pyw_call_option(call, "httpd"),
                                                   pyw_call_option(call, "modules"));
}

static const char *in_directory(const service *self, const char *name)
{
    return apr_pstrcat(self->call->pool, self->conf.directory, "/", name, NULL);
}

static int write_files(const service *self)
{
    FILE *out = fopen(in_directory(self, PYW_SERVE_CONF), "we");

    if (out == NULL) {
        return pyw_call_fail("the configuration cannot be written");
    }
    pyw_serve_conf_write(out, self->call->pool, &self->conf);
    if (ferror(out) | fclose(out)) {
        return pyw_call_fail("the configuration cannot be written");
    }
    if (self->conf.has_tls && self->conf.certificate == NULL &&
        pyw_certificate_make(in_directory(self, PYW_SERVE_CERTIFICATE), in_directory(self, PYW_SERVE_KEY)) != 0) {
        return pyw_call_fail("no certificate for localhost: the program openssl is missing, or has failed");
    }
    return PYW_COMMAND_DONE;
}

static const char *describe(const service *self)
{
    const pyw_serve_conf *conf = &self->conf;
    const char *text = apr_psprintf(self->call->pool, "%s://%s:%ld/", conf->has_tls ? "https" : "http",
                                    *conf->host != '\0' ? conf->host : "localhost", conf->port);

    for (int i = 0; i < conf->site.applications->nelts; i++) {
        text = apr_pstrcat(self->call->pool, text, i > 0 ? ", " : " serves ",
                           APR_ARRAY_IDX(conf->site.applications, i, pyw_site_application).callable, NULL);
    }
    return apr_pstrcat(self->call->pool, text, "; Ctrl-C ends it", NULL);
}

static int serve(service *self)
{
    char *directory = pyw_private_directory_pattern(self->call->pool);
    pyw_supervisor_plan plan = {self->call->pool, self->conf.installation.httpd, directory, describe(self), self->drain,
                                self->deadline};
    int status;

    if (pyw_private_directory_create(directory) != 0) {
        return pyw_call_fail(apr_psprintf(self->call->pool, "%s cannot be created: %s", directory, strerror(errno)));
    }
    self->conf.directory = directory;
    status = write_files(self);
    if (status == PYW_COMMAND_DONE) {
        status = pyw_supervisor_run(&plan);
    }
    pyw_private_directory_remove(directory);
    return status;
}

static int run_serve(const pyw_call *call)
{
    service self = {.call = call};
    const char *problem = read_options(&self);

    if (problem != NULL) {
        fprintf(stderr, "%s%s%s", *problem != '\0' ? "pywsgi serve: " : "", problem, *problem != '\0' ? "\n" : "");
        return PYW_COMMAND_USAGE;
    }
    problem = find_server(&self);
    if (problem != NULL) {
        return pyw_call_fail(problem);
    }
    if (pyw_call_option(call, "print") == NULL) {
        return serve(&self);
    }
    self.conf.directory = pyw_private_directory_pattern(call->pool);
    pyw_serve_conf_write(stdout, call->pool, &self.conf);
    return PYW_COMMAND_DONE;
}

static const pyw_verb_option options[] = {
    {"bind", "HOST:PORT", "the address; default: 127.0.0.1 and port 8000, or PORT of the environment"},
    PYW_SITE_OPTIONS,
    {"reload", NULL, "load the application again when one of its modules changes"},
    {"tls", "[CERT,KEY]", "HTTPS and HTTP/2; without files by a certificate that is made for localhost"},
    {"ready", "/PATH", "the URL of a readiness check"},
    {"drain", "SECONDS", "after SIGTERM, how long to serve before the stop; default 0"},
    {"deadline", "SECONDS", "how long requests may take to finish after that; default 8"},
    {"user", "NAME", "if root calls: the user of httpd's children and the workers"},
    {"httpd", "PROGRAM", "the program httpd; default: that of the system"},
    {"modules", "DIR", "the directory of httpd's modules"},
    {"print", NULL, "print the configuration, and start nothing"},
    {NULL, NULL, NULL},
};

const pyw_verb pyw_verb_serve = {
    "serve",
    "[APP]",
    "Serve an application by a private httpd, without any configuration",
    "APP is a module and a callable in it, or a factory: 'blog:create_app()'. In the directory of blog.py:\n"
    "\n"
    "pywsgi serve blog:app\n"
    "\n"
    "Logs go to the terminal. Ctrl-C ends all processes and removes all files. If an application does not load,\n"
    "the exit status is 1. SIGTERM finishes the running requests first, as `pywsgi drain` does.\n",
    options,
    run_serve,
};
