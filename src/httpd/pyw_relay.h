/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_RELAY_H
#define PYW_RELAY_H

/*
 * One request over a connection to a worker: the body flows to the worker while frames come back, in one loop. All that
 * a worker says is hostile input. Runs on the thread of the request.
 */

#include "httpd/pyw_client.h"
#include "httpd/pyw_reply.h"
#include "httpd/pyw_timing.h"
#include "httpd/pyw_upload.h"

typedef enum {
    PYW_RELAY_DONE,  /* pyw_reply_result() is the answer */
    PYW_RELAY_GOAWAY /* this worker did not begin the request: take another connection */
} pyw_relay_outcome;

/*
 * `client` is connected, client->request holds the payload of the REQUEST frame. At the deadline of `timing` the client
 * has its answer, whatever the worker does. Failures are logged.
 */
pyw_relay_outcome pyw_relay_run(pyw_client *client, const pyw_group *group, const pyw_timing *timing,
                                pyw_upload *upload, pyw_reply *reply);

#endif
