/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_H
#define PYW_HTTPD_BACKEND_RELAY_H

/*
 * One request over a connection to a worker: one loop sends the body and receives the frames of the worker. All data
 * from a worker is hostile input. Runs on the thread of the request.
 */

#include "httpd/backend/connection.h"
#include "httpd/backend/relay_state.h"
#include "httpd/queue/admission.h"
#include "httpd/request/upload.h"
#include "httpd/response/response.h"

/*
 * `connection` is connected, connection->request holds the payload of the REQUEST frame. Returns the final state: after
 * CLOSED and GOAWAY another worker may get the request, otherwise pyw_response_result() has the status. The relay ends
 * at the deadline, even if the worker does not respond. Failures are logged. As soon as the worker has ended the
 * request, the connection returns to the pool and the slot is free, even if the client still reads.
 */
pyw_relay_state pyw_relay_run(pyw_connection *connection, pyw_admission *admission, pyw_upload *upload);

#endif
