/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_STATE_H
#define PYW_HTTPD_BACKEND_RELAY_STATE_H

/* A request that is being relayed between a client and a worker. On the thread of the request. */

#include <apr_time.h>

#include "config/config.h"
#include "httpd/backend/background.h"
#include "httpd/backend/connection.h"
#include "httpd/queue/admission.h"
#include "httpd/request/body.h"
#include "httpd/request/upload.h"
#include "httpd/response/response.h"
#include "httpd/timing.h"
#include "wire/channel.h"
#include "wire/message.h"

/* Whose the request is: the token of the connection decides. */
typedef enum {
    PYW_CLAIM_OPEN = 0, /* nobody's yet, as far as one knows */
    PYW_CLAIM_WORKER,   /* the worker has begun it */
    PYW_CLAIM_HTTPD     /* it was taken back: the worker has not begun it, and will not */
} pyw_claim;

typedef struct pyw_relay {
    pyw_connection *connection;
    pyw_channel *channel; /* the client's */
    pyw_pairs *headers;   /* scratch */
    pyw_admission *admission;
    const pyw_group *group;
    const pyw_timing *timing;
    pyw_upload *upload;
    pyw_body *body; /* the upload's */
    pyw_response *response;
    int client_fd; /* -1: a stream of HTTP/2 */
    apr_interval_time_t timeout;
    int64_t last_activity; /* pyw_clock_us() */
    int has_body;          /* the REQUEST says that a body follows */
    int uploading;         /* body bytes, or its END, are still to be sent */
    int awaits_continue;   /* the client sends no body before the worker wants it */
    int awaits_taken;   /* bytes that were not collected would be lost with a worker that does not begin the request */
    int may_have_more;  /* the last look at the body was not its last word: do not wait for its socket */
    int stream_slice;   /* ms until a stream is looked at again */
    int worker_is_full; /* wait until the socket takes more */
    int has_left;       /* the client has closed its sending side, and the worker was told */
    pyw_claim claim;
    int token_fd;       /* its memory, until the REQUEST is sent; -1: the worker has it */
    int is_worker_gone; /* its process is; what it has said is still to be read */
    int worker_done;    /* it has ended the request, or is gone */
    int is_stale;       /* a kept connection that the worker had closed: the request was not begun */
    int goaway;         /* the worker takes no requests: this one was not begun */
    int over;
    int ahead_error; /* why the response could not be kept for a slow client; an errno */
    pyw_background_request background;
} pyw_relay;

#endif
