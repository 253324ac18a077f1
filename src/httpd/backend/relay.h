/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_H
#define PYW_HTTPD_BACKEND_RELAY_H

/*
 * One request over a connection to a worker: the body flows to the worker while frames come back, in one loop. All that
 * a worker says is hostile input. Runs on the thread of the request.
 */

#include "httpd/backend/connection.h"
#include "httpd/queue/admission.h"
#include "httpd/request/upload.h"
#include "httpd/response/response.h"

typedef enum {
    PYW_RELAY_DONE,    /* pyw_response_result() is the answer */
    PYW_RELAY_LEFT,    /* so it is, but the worker is still busy with the request */
    PYW_RELAY_UNBEGUN, /* so it is, and the worker has not begun the request and will not: nobody waits for it */
    PYW_RELAY_STALE,   /* the worker had closed this kept connection before: it did not begin the request */
    PYW_RELAY_GOAWAY   /* this worker did not begin the request, and takes no other one */
} pyw_relay_outcome;

/*
 * `client` is connected, client->request holds the payload of the REQUEST frame. At the deadline the browser has its
 * answer, whatever the worker does. Failures are logged. As soon as the worker is through with the request, its
 * connection is kept and its slot given up, while the browser may still be reading.
 */
pyw_relay_outcome pyw_relay_run(pyw_connection *connection, pyw_admission *admission, pyw_upload *upload);

#endif
