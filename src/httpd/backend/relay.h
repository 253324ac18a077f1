/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_H
#define PYW_HTTPD_BACKEND_RELAY_H

/*
 * One request over a connection to a worker: the body flows to the worker while its frames come back, in one loop. All
 * data from a worker is hostile input. Runs on the thread of the request.
 */

#include "httpd/backend/connection.h"
#include "httpd/backend/relay_state.h"
#include "httpd/queue/admission.h"
#include "httpd/request/upload.h"
#include "httpd/response/response.h"

/*
 * `connection` is connected, connection->request holds the payload of the REQUEST frame. Returns the state in which the
 * relay ended: after CLOSED and GOAWAY another worker may have the request, else pyw_response_result() is the answer.
 * At the deadline the client has its answer, whatever the worker does. Failures are logged. As soon as the worker has
 * ended the request, its connection is back in the pool and its slot is free, while the client may still read.
 */
pyw_relay_state pyw_relay_run(pyw_connection *connection, pyw_admission *admission, pyw_upload *upload);

#endif
