/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/log.h"

#include <http_log.h>

#include "config/config.h"

APLOG_USE_MODULE(pywsgi);

static int httpd_level(pyw_log_level level)
{
    return level > PYW_LOG_TRACE ? APLOG_TRACE1 : (int)level;
}

void pyw_httpd_log_server(void *server, pyw_log_level level, const char *text, size_t length)
{
    (void)length;
    ap_log_error(APLOG_MARK, httpd_level(level), 0, server, "%s", text);
}

void pyw_httpd_log_request(request_rec *r, pyw_log_level level, apr_uint32_t worker, const char *text, size_t length)
{
    char line[PYW_LOG_RECORD_MAX];

    pyw_log_escape(line, sizeof(line), text, length);
    if (worker) {
        ap_log_rerror(APLOG_MARK, httpd_level(level), 0, r, "[worker %u] %s", worker, line);
    }
    else {
        ap_log_rerror(APLOG_MARK, httpd_level(level), 0, r, "%s", line);
    }
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
