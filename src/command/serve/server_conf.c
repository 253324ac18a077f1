/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/server_conf.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/site/conf.h"
#include "command/site/conf_text.h"

enum { PORT_MOST = 65535 };

/* One child serves most sites; more start when its threads are busy. */
static const char server[] = "StartServers 1\n"
                             "ServerLimit 8\n"
                             "ThreadsPerChild 64\n"
                             "MinSpareThreads 16\n"
                             "MaxSpareThreads 512\n"
                             "MaxRequestWorkers 512\n"
                             "ServerTokens Prod\n"
                             "TraceEnable Off\n"
                             "LogLevel warn pywsgi:notice\n"
                             "ErrorLogFormat \"[%{u}t] [%l] %M\"\n"
                             "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b %{ms}Tms\" serve\n";

/* For an installation without the list of the system. */
static const char types[] = "TypesConfig /dev/null\n"
                            "AddType text/html .html .htm\n"
                            "AddType text/css .css\n"
                            "AddType text/javascript .js .mjs\n"
                            "AddType text/plain .txt\n"
                            "AddType application/json .json .map\n"
                            "AddType image/svg+xml .svg\n"
                            "AddType image/png .png\n"
                            "AddType image/jpeg .jpg .jpeg\n"
                            "AddType image/gif .gif\n"
                            "AddType image/webp .webp\n"
                            "AddType image/x-icon .ico\n"
                            "AddType font/woff2 .woff2\n";

static int read_port(const char *text, long *port)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || number < 1 || number > PORT_MOST) {
        return 0;
    }
    *port = number;
    return 1;
}

int pyw_serve_conf_read_address(pyw_serve_conf *conf, apr_pool_t *pool, const char *text)
{
    static const char hosts[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_[]:";
    const char *bracket = strchr(text, ']');
    const char *colon = strrchr(bracket != NULL ? bracket : text, ':');

    if (read_port(text, &conf->port)) {
        return 1;
    }
    if (text[strspn(text, "0123456789")] == '\0' || text[strspn(text, hosts)] != '\0' ||
        (bracket == NULL && colon != strchr(text, ':'))) {
        return 0;
    }
    if (colon != text) {
        conf->host = colon != NULL ? apr_pstrndup(pool, text, (size_t)(colon - text)) : text;
    }
    return colon == NULL || read_port(colon + 1, &conf->port);
}

static void write_path(FILE *out, const char *directive, const char *directory, const char *name)
{
    char path[FILENAME_MAX];

    snprintf(path, sizeof(path), "%s%s%s", directory, *name != '\0' ? "/" : "", name);
    fputs(directive, out);
    pyw_conf_write_argument(out, path);
    fputc('\n', out);
}

/* Without the file, the module is a part of the program, or the next directive that needs it is an error. */
static void load(FILE *out, apr_pool_t *pool, const pyw_installation *installation, const char *name)
{
    if (pyw_installation_has(installation, pool, name)) {
        fprintf(out, "<IfModule !%s_module>\n    LoadModule %s_module", name, name);
        pyw_conf_write_argument(out, apr_pstrcat(pool, installation->modules, "/mod_", name, ".so", NULL));
        fputs("\n</IfModule>\n", out);
    }
}

static void write_modules(FILE *out, apr_pool_t *pool, const pyw_serve_conf *conf)
{
    static const char *const mpms[] = {"mpm_event", "mpm_worker", "mpm_prefork"};
    static const char *const names[] = {"unixd", "log_config", "authz_core", "mime", "alias"};
    size_t mpm = 0;

    while (mpm < 2 && !pyw_installation_has(&conf->installation, pool, mpms[mpm])) {
        mpm++;
    }
    load(out, pool, &conf->installation, mpms[mpm]);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        load(out, pool, &conf->installation, names[i]);
    }
    if (conf->has_tls) {
        load(out, pool, &conf->installation, "ssl");
        load(out, pool, &conf->installation, "http2");
    }
    write_path(out, "LoadModule pywsgi_module", conf->installation.pywsgi, "");
}

static void write_tls(FILE *out, const pyw_serve_conf *conf)
{
    if (!conf->has_tls) {
        return;
    }
    fputs("SSLEngine On\nSSLSessionCache none\n", out);
    if (conf->certificate != NULL) {
        write_path(out, "SSLCertificateFile", conf->certificate, "");
        write_path(out, "SSLCertificateKeyFile", conf->key, "");
    }
    else {
        write_path(out, "SSLCertificateFile", conf->directory, PYW_SERVE_CERTIFICATE);
        write_path(out, "SSLCertificateKeyFile", conf->directory, PYW_SERVE_KEY);
    }
    fputs("<IfModule http2_module>\n    Protocols h2 http/1.1\n</IfModule>\n", out);
}

static void write_ready(FILE *out, const char *path)
{
    if (path != NULL) {
        fputs("<Location", out);
        pyw_conf_write_argument(out, path);
        fputs(">\n    SetHandler pywsgi-ready\n    WSGIStatus On\n    Require all granted\n</Location>\n", out);
    }
}

static void write_server(FILE *out, apr_pool_t *pool, const pyw_serve_conf *conf)
{
    write_path(out, "ServerRoot", conf->directory, "");
    write_path(out, "DefaultRuntimeDir", conf->directory, "");
    write_path(out, "PidFile", conf->directory, "httpd.pid");
    write_path(out, "DocumentRoot", conf->directory, "");
    write_modules(out, pool, conf);
    fprintf(out, "ServerName localhost\nListen %s%s%ld%s\n", conf->host, *conf->host != '\0' ? ":" : "", conf->port,
            conf->has_tls ? " https" : "");
    if (conf->user != NULL) {
        fprintf(out, "User %s\nGroup %s\n", conf->user, conf->group);
    }
    fputs(server, out);
    fprintf(out, "GracefulShutdownTimeout %ld\n", conf->deadline);
    write_path(out, "ErrorLog", conf->directory, PYW_SERVE_ERROR_LOG);
    fputs("CustomLog", out);
    pyw_conf_write_argument(out, apr_pstrcat(pool, conf->directory, "/" PYW_SERVE_ACCESS_LOG, NULL));
    fputs(" serve\n", out);
}

void pyw_serve_conf_write(FILE *out, apr_pool_t *pool, const pyw_serve_conf *conf)
{
    write_server(out, pool, conf);
    if (access("/etc/mime.types", R_OK) == 0) {
        fputs("TypesConfig /etc/mime.types\n", out);
    }
    else {
        fputs(types, out);
    }
    fputs("<Directory \"/\">\n    Require all denied\n    AllowOverride None\n</Directory>\n", out);
    write_tls(out, conf);
    write_ready(out, conf->ready);
    fputc('\n', out);
    pyw_conf_write_groups(out, "", &conf->site, conf->reloads ? " reload-on=modules" : "");
    pyw_conf_write_aliases(out, "", &conf->site);
}
