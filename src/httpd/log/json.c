/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall */
#endif
#include "httpd/log/json.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <errno.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log/json.h"
#include "config/config.h"
#include "httpd/child_context.h"
#include "httpd/log/log.h"
#include "httpd/log/unescape.h"
#include "httpd/request/id.h"

APLOG_USE_MODULE(pywsgi);

/* As in CustomLog, "|$command" runs in a shell, and "||" is the same as "|". */
static piped_log *start_program(const char *command, apr_pool_t *pool)
{
    if (*command == '$') {
        return ap_open_piped_log_ex(pool, command + 1, APR_SHELLCMD_ENV);
    }
    return ap_open_piped_log(pool, *command == '|' ? command + 1 : command);
}

/* NULL with errno; httpd has logged a program that does not start. */
static apr_file_t *open_target(const char *target, apr_pool_t *pool)
{
    apr_file_t *file = NULL;
    piped_log *program;

    if (*target == '|') {
        program = start_program(target + 1, pool);
        return program ? ap_piped_log_write_fd(program) : NULL;
    }
    errno = apr_file_open(&file, target, APR_FOPEN_APPEND | APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_LARGEFILE,
                          APR_OS_DEFAULT, pool);
    return file;
}

/* Finds the same log of an earlier virtual host, so that it is opened only once. */
static pyw_json_log *find_open(server_rec *first, const pyw_json_log *wanted)
{
    for (server_rec *server = first; server; server = server->next) {
        pyw_json_log *log = pyw_config_server(server)->json_log;

        if (log && log->fd >= 0 && strcmp(log->target, wanted->target) == 0) {
            return log;
        }
    }
    return NULL;
}

static int open_json_log(server_rec *main_server, pyw_json_log *log, apr_pool_t *pool)
{
    const pyw_json_log *same = find_open(main_server, log);
    apr_file_t *file = same ? NULL : open_target(log->target, pool);
    apr_os_file_t fd = same ? same->fd : -1;

    if (file) {
        apr_os_file_get(&fd, file);
    }
    if (fd < 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, errno, main_server,
                     PYWNO(0277) "WSGIJSONLog: '%s' cannot be opened, so httpd does not start", log->target);
        return 0;
    }
    log->fd = fd;
    pyw_httpd_child.has_json_logs = 1;
    return 1;
}

/* At a restart, before the files are closed. */
static apr_status_t close_logs(void *unused)
{
    (void)unused;
    pyw_httpd_child.has_json_logs = 0;
    return APR_SUCCESS;
}

static int open_json_logs(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *main_server)
{
    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    apr_pool_pre_cleanup_register(pconf, NULL, close_logs);
    for (server_rec *server = main_server; server; server = server->next) {
        pyw_json_log *log = pyw_config_server(server)->json_log;

        if (log && log->fd < 0 && !open_json_log(main_server, log, pconf)) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

int pyw_json_log_fd(const server_rec *server)
{
    const pyw_json_log *log = pyw_httpd_child.has_json_logs ? pyw_config_server(server)->json_log : NULL;

    return log ? log->fd : -1;
}

int pyw_json_log_is_open(void)
{
    return pyw_httpd_child.has_json_logs;
}

static void add_request_members(pyw_log_json *json, const request_rec *r)
{
    pyw_log_json_text(json, "group", apr_table_get(r->notes, "pywsgi-group"));
    pyw_log_json_text(json, "client", r->useragent_ip);
    pyw_log_json_text(json, "id", r->log_id);
    pyw_log_json_text(json, "traceparent", pyw_request_traceparent(r));
    pyw_log_json_text(json, "method", r->method);
    pyw_log_json_text(json, "url", r->unparsed_uri);
}

static void add_members(pyw_log_json *json, const ap_errorlog_info *info)
{
    char reason[120];

    if (info->s) {
        pyw_log_json_text(json, "server", info->s->server_hostname);
    }
    if (info->r) {
        add_request_members(json, info->r);
    }
    else if (info->c) {
        pyw_log_json_text(json, "client", info->c->client_ip);
    }
    if (info->status) {
        pyw_log_json_text(json, "error", apr_strerror(info->status, reason, sizeof(reason)));
    }
}

/* For our own records about requests, uses the text from before httpd escaped it. */
static void add_record_message(pyw_log_json *json, const char *text)
{
    const pyw_httpd_record *own = pyw_httpd_log_current();
    char plain[PYW_LOG_RECORD_MAX];

    if (own && own->worker) {
        pyw_log_json_number(json, "worker", own->worker);
    }
    if (own) {
        pyw_log_json_end(json, own->text, own->length);
    }
    else {
        pyw_log_json_end(json, plain, pyw_httpd_log_unescape(plain, sizeof(plain), text));
    }
}

static void write_json_record(const ap_errorlog_info *info, const char *text)
{
    const server_rec *server = info->s ? info->s : ap_server_conf;
    const char *module = ap_find_module_short_name(info->module_index);
    pyw_log_origin origin = {info->level < 0               ? PYW_LOG_INFO
                             : info->level > PYW_LOG_TRACE ? PYW_LOG_TRACE
                                                           : (pyw_log_level)info->level,
                             (long)getpid(), syscall(SYS_gettid)};
    pyw_log_json json;
    int fd = pyw_httpd_child.has_json_logs && server && server->module_config ? pyw_json_log_fd(server) : -1;
    int error = errno;

    if (fd < 0) {
        return;
    }
    pyw_log_json_begin(&json, &origin, module ? module : "-");
    add_members(&json, info);
    add_record_message(&json, text);
    while (write(fd, json.line, json.length) < 0 && errno == EINTR) {
    }
    errno = error;
}

void pyw_json_log_register(void)
{
    ap_hook_open_logs(open_json_logs, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_error_log(write_json_record, NULL, NULL, APR_HOOK_MIDDLE);
}
