/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_BUFFERING_H
#define PYW_HTTPD_BACKEND_RELAY_BUFFERING_H

/*
 * A request while its thread waits for a slow client: the background thread (background.h) reads ahead for it, gives
 * its slot up when the worker has ended the request, and enforces its deadline. On the thread of the request; but
 * between pyw_background_begin() and _end() the relay's channel, admission and client_fd belong to the background
 * thread.
 */

#include "httpd/backend/relay_frames.h"

void pyw_relay_buffering_begin(pyw_relay *relay);

/* Says in the log if the response could not be kept for the client. */
void pyw_relay_buffering_end(pyw_relay *relay);

/* Is it past the deadline, and the end of the worker's answer is not even among what it has sent until now? */
int pyw_relay_is_late(pyw_relay *relay);

#endif
