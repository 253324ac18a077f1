/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_BUFFERING_H
#define PYW_HTTPD_BACKEND_RELAY_BUFFERING_H

/*
 * Response buffering of a relay. While the request's thread waits for a slow client, the background thread
 * (background.h) reads ahead, gives up the slot when the worker has ended the request, and enforces the deadline. On
 * the thread of the request; between pyw_background_begin() and _end() the relay's channel, admission and client_fd
 * belong to the background thread.
 */

#include "httpd/backend/relay_frames.h"

void pyw_relay_buffering_begin(pyw_relay *relay);

/* Logs an error if the response could not be kept for the client. */
void pyw_relay_buffering_end(pyw_relay *relay);

/* Whether the deadline has passed, and the worker has not yet sent the end of its response. */
int pyw_relay_is_late(pyw_relay *relay);

#endif
