/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_FRAMES_H
#define PYW_HTTPD_BACKEND_RELAY_FRAMES_H

/* Handles the frames of a worker during a relay, and ends a relay early. */

#include "httpd/backend/relay_request.h"

void pyw_relay_handle_frame(pyw_relay *relay, const pyw_frame *frame);

/* The worker's connection ended, or broke, before END. */
void pyw_relay_worker_lost(pyw_relay *relay, pyw_result why);

void pyw_relay_client_gone(pyw_relay *relay);

/* The deadline has passed: the client gets 504, or its response is cut. */
void pyw_relay_out_of_time(pyw_relay *relay);

#endif
