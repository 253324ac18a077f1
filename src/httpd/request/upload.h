/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_REQUEST_UPLOAD_H
#define PYW_HTTPD_REQUEST_UPLOAD_H

/*
 * The request body on its way to a worker. A client may take minutes to send it, and a Python thread is too dear to
 * wait for that: what is collected here, in memory and then in a file without a name, is collected before a worker has
 * the request. Runs on the thread of the request.
 */

#include <httpd.h>

#include "base/buffer.h"
#include "config/config.h"
#include "httpd/request/body.h"
#include "httpd/timing.h"

typedef struct pyw_upload {
    pyw_body body;        /* what is still to come from the client */
    pyw_buffer memory;    /* what was collected behind the bytes of the file */
    int fd;               /* the file; -1: not needed */
    apr_uint64_t in_file; /* bytes */
    int has_body;
    int complete; /* all of the body was collected */
    const pyw_group *group;
    const pyw_timing *timing;
} pyw_upload;

/* In a new child, as httpd's user: finds the directory of temporary files, and says if none can be made there. */
void pyw_upload_child_init(apr_pool_t *pchild, server_rec *main_server);

/* Prepares for the request's body; pyw_upload_close() must follow. */
void pyw_upload_init(pyw_upload *upload, request_rec *r, const pyw_group *group, const pyw_timing *timing);

/*
 * Waits until the body is here, or as much of it as request-buffer and request-spool allow. OK, or the status that the
 * client gets (507: the disk is full, 408: it stopped, or its time is up); the reason was logged, and no worker may
 * have the request.
 */
int pyw_upload_collect(pyw_upload *upload);

/* The bytes of the whole body; -1: there is none, or more of it is still to come. */
apr_off_t pyw_upload_length(const pyw_upload *upload);

void pyw_upload_close(pyw_upload *upload);

#endif
