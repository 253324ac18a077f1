/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/request/upload.h"

#include <apr_file_io.h>
#include <errno.h>
#include <http_log.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os/temp_file.h"
#include "httpd/log/log.h"

APLOG_USE_MODULE(pywsgi);

void pyw_upload_child_init(apr_pool_t *pchild, server_rec *main_server)
{
    pyw_server_config *config = pyw_config_main();

    if (!config->temp_directory && apr_temp_dir_get(&config->temp_directory, pchild) != APR_SUCCESS) {
        config->temp_directory = "/tmp";
    }
    if (config->groups->nelts > 0 && access(config->temp_directory, W_OK | X_OK) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, main_server,
                     PYWNO(0283) "httpd's children cannot create temporary files in %s: large request bodies will be "
                                 "refused, see WSGITempDir",
                     config->temp_directory);
    }
}

void pyw_upload_init(pyw_upload *upload, request_rec *r, const pyw_group *group, const pyw_timing *timing)
{
    memset(upload, 0, sizeof(*upload));
    pyw_body_init(&upload->body, r);
    upload->fd = -1;
    upload->has_body = upload->body.result == PYW_OK;
    upload->group = group;
    upload->timing = timing;
}

void pyw_upload_close(pyw_upload *upload)
{
    if (upload->fd >= 0) {
        close(upload->fd);
        upload->fd = -1;
    }
    pyw_buffer_free(&upload->memory);
}

/* 507 for a full disk, 503 if a retry may succeed. */
static int status_for(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return HTTP_INSUFFICIENT_STORAGE;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return HTTP_SERVICE_UNAVAILABLE;
    default:
        return HTTP_INTERNAL_SERVER_ERROR;
    }
}

static int spool_failed(pyw_upload *upload, int error)
{
    request_rec *r = upload->body.r;
    int status = status_for(error);

    pyw_log_rerror(APLOG_MARK, APLOG_ERR, error, r,
                   PYWNO(0280) "cannot store the request body in a temporary file in %s; the client gets %d, and no "
                               "application gets \"%s\"",
                   pyw_config_main()->temp_directory, status, r->the_request);
    r->connection->keepalive = AP_CONN_CLOSE; /* otherwise httpd reads the rest of the body */
    return status;
}

/* Moves the bytes in memory to the file. */
static int spool(pyw_upload *upload)
{
    int error;

    if (upload->fd < 0) {
        upload->fd = pyw_temp_file_open(pyw_config_main()->temp_directory);
    }
    error = upload->fd < 0 ? errno
                           : pyw_temp_file_write_at(upload->fd, upload->memory.data, upload->memory.length,
                                                    (off_t)upload->in_file);
    if (error) {
        return spool_failed(upload, error);
    }
    upload->in_file += upload->memory.length;
    upload->memory.length = 0;
    return OK;
}

/* Stores bytes in memory up to its limit; *length: their number. OK, or a status. */
static int collect_body(pyw_upload *upload, const char *data, size_t *length)
{
    size_t limit = upload->group->options->httpd.request_buffer;
    int status = OK;

    if (upload->memory.length > 0 && upload->memory.length >= limit) {
        status = spool(upload);
    }
    if (status == OK) {
        /* Fills memory completely, so that the file grows by whole blocks. */
        size_t room = limit > upload->memory.length ? limit - upload->memory.length : *length;

        *length = *length < room ? *length : room;
        pyw_buffer_append(&upload->memory, data, *length);
        status = upload->memory.failed ? spool_failed(upload, ENOMEM) : OK;
    }
    return status;
}

static int end_early(pyw_upload *upload, pyw_result result)
{
    request_rec *r = upload->body.r;

    if (result == PYW_TIMEOUT) {
        pyw_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                       PYWNO(0281) "the client did not send its request body in time; no worker got the request");
        return HTTP_REQUEST_TIME_OUT;
    }
    if (result == PYW_GONE) {
        pyw_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                       PYWNO(0282) "the client left before it had sent its request body; no worker got the request");
    }
    return upload->body.status == OK ? HTTP_BAD_REQUEST : upload->body.status;
}

static apr_uint64_t limit_of(const pyw_upload *upload)
{
    const pyw_group_options *options = upload->group->options;

    return options->httpd.request_spool > options->httpd.request_buffer ? options->httpd.request_spool
                                                                        : options->httpd.request_buffer;
}

apr_off_t pyw_upload_length(const pyw_upload *upload)
{
    return upload->has_body && upload->complete ? (apr_off_t)(upload->in_file + upload->memory.length) : -1;
}

int pyw_upload_collect(pyw_upload *upload)
{
    int status = OK;

    upload->complete = !upload->has_body;
    if (limit_of(upload) == 0) {
        pyw_body_settle(&upload->body); /* otherwise the first read does this */
    }
    while (status == OK && !upload->complete && upload->in_file + upload->memory.length < limit_of(upload)) {
        const char *data;
        size_t length;
        pyw_result result = pyw_body_await(&upload->body, upload->timing, &data, &length);
        apr_uint64_t left = limit_of(upload) - upload->in_file - upload->memory.length;

        if (result == PYW_EOF) {
            upload->complete = 1;
        }
        else if (result != PYW_OK || pyw_timing_is_over(upload->timing)) {
            status = end_early(upload, result != PYW_OK ? result : PYW_TIMEOUT);
        }
        else {
            length = length < left ? length : (size_t)left;
            status = collect_body(upload, data, &length);
            pyw_body_consume(&upload->body, length);
        }
    }
    if (upload->fd >= 0) {
        /* A worker with write access could use disk space outside of its own quota. */
        upload->fd = pyw_temp_file_read_only(upload->fd);
    }
    return status;
}
