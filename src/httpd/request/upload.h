/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_REQUEST_UPLOAD_H
#define PYW_HTTPD_REQUEST_UPLOAD_H

/*
 * Collects the request body, in memory and then in an unnamed file, before a worker gets the request. Otherwise a
 * client that needs minutes to send its body would occupy a Python thread. Runs on the thread of the request.
 */

#include <httpd.h>

#include "base/buffer.h"
#include "config/config.h"
#include "httpd/request/body.h"
#include "httpd/timing.h"

typedef struct pyw_upload {
    pyw_body body;        /* the rest, still to be read from the client */
    pyw_buffer memory;    /* collected bytes after the bytes in the file */
    int fd;               /* the file; -1: not needed */
    apr_uint64_t in_file; /* bytes */
    int has_body;
    int complete; /* all of the body was collected */
    const pyw_group *group;
    const pyw_timing *timing;
} pyw_upload;

/*
 * In a new child, as httpd's user: determines the directory of temporary files. Logs a warning if it is not writable.
 */
void pyw_upload_child_init(apr_pool_t *pchild, server_rec *main_server);

/* Prepares for the request's body; pyw_upload_close() must follow. */
void pyw_upload_init(pyw_upload *upload, request_rec *r, const pyw_group *group, const pyw_timing *timing);

/*
 * Collects the body up to the limits of request-buffer and request-spool. Returns OK, or the status for the client
 * (507: the disk is full, 408: the client was too slow, or the deadline has passed). In case of an error the reason was
 * logged, and no worker may get the request.
 */
int pyw_upload_collect(pyw_upload *upload);

/* The size of the body; -1: there is no body, or it is not complete. */
apr_off_t pyw_upload_length(const pyw_upload *upload);

void pyw_upload_close(pyw_upload *upload);

#endif
