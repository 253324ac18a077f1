/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_REQUEST_H
#define PYW_HTTPD_BACKEND_RELAY_REQUEST_H

/*
 * A request that is relayed between a client and a worker, and its steps from state to state. The connection's token
 * (shm/token.h) decides whether the worker has begun the request. On the thread of the request.
 */

#include <apr_time.h>

#include "config/config.h"
#include "httpd/backend/background.h"
#include "httpd/backend/connection.h"
#include "httpd/backend/relay_state.h"
#include "httpd/queue/admission.h"
#include "httpd/request/body.h"
#include "httpd/request/upload.h"
#include "httpd/response/response.h"
#include "httpd/timing.h"
#include "wire/channel.h"
#include "wire/message.h"

typedef struct pyw_relay {
    pyw_connection *connection;
    pyw_channel *channel; /* of the connection */
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
    pyw_relay_state state;
    pyw_upload_state upload_state;
    int token_fd;     /* the token's memory, if it is sent with the REQUEST; otherwise -1 */
    int stream_slice; /* ms until the next check of a stream */
    int ahead_error;  /* the errno if the response could not be buffered for a slow client */
    pyw_background_request background;
} pyw_relay;

/*
 * Before the REQUEST frame; afterwards the caller closes token_fd. 0: there is no memory for a token; the client gets
 * 503, which was logged.
 */
int pyw_relay_put_token(pyw_relay *relay);

/*
 * Changes the state for an event. At the first event httpd takes the token, unless the worker has taken it.
 * PYW_MALFORMED: the event is illegal, and the worker's fault. PYW_FAILED: the event is illegal, and our bug, which was
 * logged; the relay is over.
 */
pyw_result pyw_relay_step(pyw_relay *relay, pyw_relay_event event);
pyw_result pyw_relay_step_upload(pyw_relay *relay, pyw_upload_event event);

/* httpd ends the request because of the event. The caller decides what the client gets. */
void pyw_relay_give_up(pyw_relay *relay, pyw_relay_event event);

void pyw_relay_send_abort(pyw_relay *relay);

/*
 * Call this when the response has ended: a worker that still waits for the rest of the request body sees the end of the
 * connection instead. Also on the background thread, while the request's thread waits for its client.
 */
void pyw_relay_end_upload(const pyw_relay *relay);

#endif
