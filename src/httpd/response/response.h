/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_RESPONSE_H
#define PYW_HTTPD_RESPONSE_RESPONSE_H

/*
 * The response: what an application said becomes request_rec and buckets. The only place where that happens, for
 * embedded and daemon mode alike, so both give the same answers. Runs on the thread of the request.
 */

#include <apr_buckets.h>
#include <httpd.h>

#include "base/result.h"
#include "httpd/backend/background.h"
#include "httpd/target.h"
#include "wsgi/exchange.h"

typedef struct pyw_response {
    request_rec *r;
    apr_bucket_brigade *brigade;
    int error_override;  /* WSGIErrorOverride */
    pyw_switch sendfile; /* WSGIEnableSendfile */
    int has_head;        /* the application has given its head */
    int overridden;      /* the body is dropped, httpd's ErrorDocument for this status takes its place; 0: no */
    int passed;          /* something went into the output filters */
    size_t coalesced;    /* body bytes in the brigade */
    int unflushed;       /* ... and nothing has pushed it out to the client yet */
    int ended;           /* complete or truncated: nothing more may follow */
    int client_gone;
    int bounded;                        /* the head has a Content-Length */
    apr_uint64_t left;                  /* ... of which so many bytes are still to come */
    pyw_background_request *background; /* while the client is slow; NULL: the worker waits for the client, too */
} pyw_response;

/* What httpd's output filters take before they wait for the client. */
#define PYW_RESPONSE_COALESCE_MAX 65536

void pyw_response_init(pyw_response *response, request_rec *r, const pyw_dir_config *config);

/*
 * Checks the head as if it came from an enemy and makes it that of the request. PYW_MALFORMED: it may not be sent, and
 * nothing of the request was changed.
 */
pyw_result pyw_response_head(pyw_response *response, const pyw_head *head);

/* A 1xx response ahead of the head. PYW_MALFORMED as above. */
pyw_result pyw_response_interim(pyw_response *response, const pyw_head *head);

/*
 * Body bytes for the next pass, flush or end. They are copied, unless `lent` says that they stay valid until then.
 * Whoever gathers more than PYW_RESPONSE_COALESCE_MAX should pass it on. PYW_GONE: the client left. PYW_MALFORMED: more
 * than Content-Length.
 */
pyw_result pyw_response_data(pyw_response *response, const void *data, size_t length, int lent);

/* Gives what has coalesced to the output filters, which may keep it until a flush or the end. */
pyw_result pyw_response_pass(pyw_response *response);

/*
 * Body bytes from a regular file. Becomes the owner of `fd` in any case. PYW_MALFORMED: no regular file, the range is
 * not within it, or more than Content-Length.
 */
pyw_result pyw_response_file(pyw_response *response, int fd, apr_off_t offset, apr_uint64_t length);

/* Pushes everything out to the client, if there is anything to push. */
pyw_result pyw_response_flush(pyw_response *response);

/*
 * The body is complete; a small one is pushed out. PYW_MALFORMED: it is not, it has fewer bytes than Content-Length;
 * the caller aborts.
 */
pyw_result pyw_response_end(pyw_response *response);

/*
 * The response cannot be completed. If the client has seen nothing of it the answer is `status`, else the body is
 * cut such that the client can tell, and the connection is closed.
 */
void pyw_response_abort(pyw_response *response, int status);

/* What the content handler returns. */
int pyw_response_result(const pyw_response *response);

/*
 * Has the client closed its connection, or its sending side, as far as one can see without reading? After the latter it
 * may still read.
 */
int pyw_response_client_gone(const pyw_response *response);

#endif
