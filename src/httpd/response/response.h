/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_RESPONSE_H
#define PYW_HTTPD_RESPONSE_RESPONSE_H

/*
 * Turns the response of an application into request_rec and buckets. Both modes use it, so their responses are the
 * same. Runs on the thread of the request.
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
    int has_head;        /* the application has sent its head */
    int overridden;      /* the body is dropped, because httpd sends the ErrorDocument of this status; 0: no */
    int passed;          /* buckets were passed to the output filters */
    int delimited;       /* ... and the client will see where the body ends: by its length, or the last chunk */
    size_t coalesced;    /* body bytes in the brigade */
    int unflushed;       /* ... and not flushed yet */
    int ended;           /* complete or truncated */
    int client_gone;
    int bounded;                        /* the head has a Content-Length */
    apr_uint64_t left;                  /* ... and this number of its bytes has not been added yet */
    pyw_background_request *background; /* reads from the worker during waits; NULL: the worker waits as well */
} pyw_response;

/* The bytes that httpd's output filters accept before they wait for the client. */
#define PYW_RESPONSE_COALESCE_MAX 65536

void pyw_response_init(pyw_response *response, request_rec *r, const pyw_dir_config *config);

/*
 * Checks the untrusted head and sets it in the request. PYW_MALFORMED: the head is invalid; the request is unchanged.
 */
pyw_result pyw_response_head(pyw_response *response, const pyw_head *head);

/* A 1xx response before the head. PYW_MALFORMED as above. */
pyw_result pyw_response_interim(pyw_response *response, const pyw_head *head);

/*
 * Adds body bytes for the next pass, flush or end. Copies them, unless `lent` is set: then they must stay valid until
 * that call. Call pass when more than PYW_RESPONSE_COALESCE_MAX bytes have coalesced. PYW_GONE: the client left.
 * PYW_MALFORMED: more than Content-Length.
 */
pyw_result pyw_response_data(pyw_response *response, const void *data, size_t length, int lent);

/* Passes the coalesced bytes to the output filters, which may keep them until a flush or the end. */
pyw_result pyw_response_pass(pyw_response *response);

/*
 * Adds body bytes from a regular file. Always becomes the owner of `fd`. PYW_MALFORMED: not a regular file, the range
 * exceeds the file, or more bytes than Content-Length.
 */
pyw_result pyw_response_file(pyw_response *response, int fd, apr_off_t offset, apr_uint64_t length);

/* Flushes all unflushed bytes to the client. */
pyw_result pyw_response_flush(pyw_response *response);

/*
 * Ends the body, and flushes a small response. PYW_MALFORMED: it has fewer bytes than Content-Length; the caller must
 * abort.
 */
pyw_result pyw_response_end(pyw_response *response);

/*
 * Ends a response that cannot be completed. If nothing has been sent, the client gets `status`. Otherwise truncates the
 * body visibly, and closes the connection.
 */
void pyw_response_abort(pyw_response *response, int status);

/* The return value of the content handler. */
int pyw_response_result(const pyw_response *response);

/*
 * Whether the client has closed its connection or its sending side, as far as the socket shows without reading. A
 * client that has closed its sending side may still read.
 */
int pyw_response_client_gone(const pyw_response *response);

#endif
