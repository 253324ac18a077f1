/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/log/log.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

#include "config/config.h"
#include "httpd/request/id.h"

APLOG_USE_MODULE(pywsgi);

enum {
    TAG_LENGTH = 9,     /* "PYW0603: " */
    CONTEXT_MAX = 256,  /* " [id ...]" */
    TEXT_MAX = 6 * 1024 /* httpd cuts a record at 8 KiB, and its end matters most */
};

static int httpd_level(pyw_log_level level)
{
    return level > PYW_LOG_TRACE ? APLOG_TRACE1 : (int)level;
}

void pyw_httpd_log_server(void *server, pyw_log_level level, const char *text, size_t length)
{
    (void)length;
    ap_log_error(APLOG_MARK, httpd_level(level), 0, server, "%s", text);
}

/*
 * " [id Zq8, traceparent 00-...]". Does not use the request's pool, because the background thread may log while the
 * request's thread runs.
 */
static void describe_request(char text[CONTEXT_MAX], request_rec *r)
{
    const char *traceparent = pyw_request_traceparent(r);

    apr_snprintf(text, CONTEXT_MAX, " [id %.100s%s%s]", pyw_request_id(r), traceparent ? ", traceparent " : "",
                 traceparent ? traceparent : "");
}

static int has_tag(const char *text, size_t length)
{
    return length > TAG_LENGTH && memcmp(text, "PYW", 3) == 0 && memcmp(text + TAG_LENGTH - 2, ": ", 2) == 0;
}

static _Thread_local const pyw_httpd_record *current;

const pyw_httpd_record *pyw_httpd_log_current(void)
{
    return current;
}

void pyw_httpd_log_request(request_rec *r, pyw_log_level level, apr_uint32_t worker, const char *text, size_t length)
{
    const pyw_httpd_record record = {worker, text, length};
    char line[PYW_LOG_RECORD_MAX];
    char end[CONTEXT_MAX] = "";

    if (has_tag(text, length) && APLOG_R_IS_LEVEL(r, httpd_level(level))) {
        describe_request(end, r);
    }
    pyw_log_escape(line, sizeof(line), text, length);
    current = &record;
    if (worker) {
        ap_log_rerror(APLOG_MARK, httpd_level(level), 0, r, "[worker %u] %s%s", worker, line, end);
    }
    else {
        ap_log_rerror(APLOG_MARK, httpd_level(level), 0, r, "%s%s", line, end);
    }
    current = NULL;
}

void pyw_log_rerror(const char *file, int line, int module, int level, apr_status_t rv, request_rec *r,
                    const char *format, ...)
{
    char text[TEXT_MAX], end[CONTEXT_MAX];
    pyw_httpd_record record = {0, text, 0};
    va_list args;

    if (!APLOG_R_MODULE_IS_LEVEL(r, module, level)) {
        return;
    }
    va_start(args, format);
    record.length = (size_t)apr_vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    describe_request(end, r);
    current = &record;
    ap_log_rerror(file, line, module, level, rv, r, "%s%s", text, end);
    current = NULL;
}

pyw_log_level pyw_httpd_log_threshold(const server_rec *server)
{
    int level = ap_get_server_module_loglevel(server, APLOG_MODULE_INDEX);

    /* httpd logs notices at every LogLevel. */
    if (level < APLOG_NOTICE) {
        return PYW_LOG_NOTICE;
    }
    return level >= APLOG_TRACE1 ? PYW_LOG_TRACE : (pyw_log_level)level;
}
