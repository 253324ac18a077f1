/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/failures.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"

enum { URI_SHOWN = 500 };

static void (*report_failure)(uint64_t kind, const char *text);

void pyw_failures_configure(const pyw_engine_host *host)
{
    report_failure = host->failed;
}

void pyw_failures_log(pyw_log_level level, const char *message, pyw_exception_report *report)
{
    pyw_exception_log_report(level, message, report);
    if (report_failure != NULL && report->kind != 0) {
        report_failure(report->kind, report->traceback);
    }
}

/*
 * Adds the path. All segments that contain a digit count as equal: a failure of /archive/2026 is of the same kind as
 * one of /archive/2027.
 */
static uint64_t mix_path(uint64_t digest, const char *path, size_t length)
{
    for (size_t begin = 0, end; begin < length; begin = end) {
        int has_digit = 0;

        for (end = begin + 1; end < length && path[end] != '/'; end++) {
            has_digit = has_digit || (path[end] >= '0' && path[end] <= '9');
        }
        digest = has_digit ? pyw_digest_mix(digest, "/#", 2) : pyw_digest_mix(digest, path + begin, end - begin);
    }
    return digest;
}

void pyw_failures_note_response(const pyw_request *request)
{
    const char *query = memchr(request->uri, '?', request->uri_length);
    size_t path_length = query != NULL ? (size_t)(query - request->uri) : request->uri_length;
    char text[URI_SHOWN + 100];

    if (report_failure == NULL) {
        return;
    }
    snprintf(text, sizeof(text), "%.*s %.*s: the application answered with status 500",
             (int)(request->method_length < 32 ? request->method_length : 32), request->method,
             (int)(request->uri_length < URI_SHOWN ? request->uri_length : URI_SHOWN), request->uri);
    report_failure(
        mix_path(pyw_digest_mix(PYW_DIGEST_START, request->method, request->method_length), request->uri, path_length),
        text);
}
