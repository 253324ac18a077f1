/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_FRAMES_H
#define PYW_HTTPD_BACKEND_RELAY_FRAMES_H

/* What each frame of a worker does to the request that is being relayed, and how a relay ends early. */

#include "httpd/backend/relay_state.h"

void pyw_relay_take_frame(pyw_relay *relay, const pyw_frame *frame);

/* The worker's connection ended, or broke, before END. */
void pyw_relay_worker_lost(pyw_relay *relay, pyw_result why);

/* The client left: the worker is told, and nothing more is read from it. */
void pyw_relay_client_gone(pyw_relay *relay);

/* The deadline is over: the client is answered, or its answer is cut, and the worker is told. */
void pyw_relay_out_of_time(pyw_relay *relay);

void pyw_relay_tell_abort(pyw_relay *relay);

#endif
