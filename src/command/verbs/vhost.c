/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the virtual host of an application for the httpd of the system. */
#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/call.h"
#include "command/exit_status.h"
#include "command/site/conf_text.h"
#include "command/site/vhost_conf.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Where Debian and its relatives have their virtual hosts, and where all others do. */
typedef struct layout {
    const char *sites;
    const char *logs;
    int is_debian;
} layout;

static const layout debian = {"/etc/apache2/sites-available", "${APACHE_LOG_DIR}", 1};
static const layout others = {"/etc/httpd/conf.d", "logs", 0};

static int is_host(const char *name)
{
    return *name != '\0' && *name != '-' && *name != '.' && name[strspn(name, LETTERS "-.")] == '\0';
}

static int is_account(const char *name)
{
    return name == NULL || (*name != '\0' && *name != '-' && name[strspn(name, LETTERS "-._#")] == '\0');
}

static const char *read_names(pyw_vhost_conf *conf, const pyw_call *call)
{
    conf->name = pyw_call_option(call, "server-name");
    conf->aliases = pyw_call_options(call, "server-alias");
    if (conf->name == NULL || !is_host(conf->name)) {
        return "--server-name takes the host name of the site, such as www.example.org";
    }
    for (int i = 0; i < conf->aliases->nelts; i++) {
        if (!is_host(APR_ARRAY_IDX(conf->aliases, i, const char *))) {
            return "--server-alias takes another host name of the site";
        }
    }
    conf->user = pyw_call_option(call, "user");
    conf->group = pyw_call_option(call, "group");
    return is_account(conf->user) && is_account(conf->group) ? NULL : "--user and --group take the name of an account";
}

/* The files need not exist yet. */
static const char *read_files(pyw_vhost_conf *conf, apr_pool_t *pool, const char *files)
{
    const char *comma = strchr(files, ',');

    if (comma == NULL || *files != '/' || comma[1] != '/' || !pyw_conf_is_text(files)) {
        return "--tls takes md, certbot, or two absolute paths: CERT,KEY";
    }
    conf->tls = PYW_VHOST_FILES;
    conf->certificate = apr_pstrndup(pool, files, (size_t)(comma - files));
    conf->key = comma + 1;
    return NULL;
}

static const char *read_tls(pyw_vhost_conf *conf, const pyw_call *call)
{
    const char *tls = pyw_call_option(call, "tls");

    conf->email = pyw_call_option(call, "email");
    if (conf->email != NULL &&
        (strchr(conf->email, '@') == NULL || conf->email[strspn(conf->email, LETTERS "@.+-_")] != '\0')) {
        return "--email takes a mail address";
    }
    if (tls == NULL) {
        return NULL;
    }
    if (strcmp(tls, "md") == 0) {
        conf->tls = PYW_VHOST_MD;
        return conf->email != NULL ? NULL : "--tls md needs --email, to which the certificate authority writes";
    }
    if (strcmp(tls, "certbot") == 0) {
        conf->tls = PYW_VHOST_CERTBOT;
        return NULL;
    }
    return read_files(conf, call->pool, tls);
}

static int fail_write(const pyw_call *call, const char *path)
{
    return pyw_call_fail(apr_psprintf(call->pool, "%s cannot be written: %s", path, strerror(errno)));
}

/* An existing file may contain changes of the administrator, so it stays. */
static int install(const pyw_call *call, const pyw_vhost_conf *conf, const layout *where)
{
    const char *root = pyw_call_option(call, "root");
    const char *directory = apr_pstrcat(call->pool, root != NULL ? root : "", where->sites, NULL);
    const char *path = apr_pstrcat(call->pool, directory, "/", conf->name, ".conf", NULL);
    FILE *out;

    if (apr_dir_make_recursive(directory, APR_FPROT_OS_DEFAULT, call->pool) != APR_SUCCESS) {
        return fail_write(call, directory);
    }
    out = fopen(path, "wxe");
    if (out == NULL && errno == EEXIST) {
        return pyw_call_fail(apr_psprintf(call->pool, "%s exists, and stays as it is", path));
    }
    if (out == NULL) {
        return fail_write(call, path);
    }
    pyw_vhost_conf_write(out, call->pool, conf);
    if (ferror(out) | fclose(out)) {
        unlink(path);
        return fail_write(call, path);
    }
    puts(path);
    return PYW_COMMAND_DONE;
}

/* Prints the remaining steps on the standard error output, because the standard output is the configuration. */
static void show_next_steps(const pyw_vhost_conf *conf, const layout *where)
{
    const char *tls = conf->tls == PYW_VHOST_MD ? " ssl http2 md" : conf->tls != PYW_VHOST_HTTP ? " ssl http2" : "";

    fputs("Next steps, as root:\n", stderr);
    if (conf->tls == PYW_VHOST_CERTBOT) {
        fprintf(stderr, "  certbot certonly --apache -d %s", conf->name);
        for (int i = 0; i < conf->aliases->nelts; i++) {
            fprintf(stderr, " -d %s", APR_ARRAY_IDX(conf->aliases, i, const char *));
        }
        fputc('\n', stderr);
    }
    if (where->is_debian) {
        fprintf(stderr, "  a2enmod pywsgi%s && a2ensite %s\n", tls, conf->name);
    }
    else {
        fprintf(stderr, "  load the modules pywsgi%s in httpd's configuration\n", tls);
    }
    fprintf(stderr, "  pywsgi check && apachectl graceful\n");
}

static int run_vhost(const pyw_call *call)
{
    pyw_vhost_conf conf = {.name = NULL};
    const layout *where = access("/etc/apache2", F_OK) == 0 ? &debian : &others;
    const char *problem = read_names(&conf, call);

    problem = problem != NULL ? problem : pyw_site_read(&conf.site, call, conf.name);
    problem = problem != NULL ? problem : read_tls(&conf, call);
    if (problem != NULL) {
        fprintf(stderr, "%s%s%s", *problem != '\0' ? "pywsgi vhost: " : "", problem, *problem != '\0' ? "\n" : "");
        return PYW_COMMAND_USAGE;
    }
    conf.logs = where->logs;
    if (pyw_call_option(call, "install") == NULL) {
        pyw_vhost_conf_write(stdout, call->pool, &conf);
        return PYW_COMMAND_DONE;
    }
    if (install(call, &conf, where) != PYW_COMMAND_DONE) {
        return PYW_COMMAND_REFUSED;
    }
    show_next_steps(&conf, where);
    return PYW_COMMAND_DONE;
}

static const pyw_verb_option options[] = {
    {"server-name", "NAME", "the host name of the site"},
    {"server-alias", "NAME", "another host name of the site; may be repeated"},
    {"user", "NAME", "the user that the application runs as; default: httpd's"},
    {"group", "NAME", "its group; default: that of the user"},
    PYW_SITE_OPTIONS,
    {"tls", "HOW", "md (mod_md gets the certificate), certbot, or CERT,KEY"},
    {"email", "ADDRESS", "for --tls md: where the certificate authority writes to"},
    {"install", NULL, "write the file into httpd's directory of virtual hosts, instead of printing it"},
    {"root", "DIR", "with --install: a directory that stands for /"},
    {NULL, NULL, NULL},
};

const pyw_verb pyw_verb_vhost = {
    "vhost",
    "[APP]",
    "Write the virtual host of an application for the httpd of the system",
    "APP and most options are those of pywsgi serve. Without --install the virtual host is printed.\n",
    options,
    run_vhost,
};
