/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_PARALLEL_H
#define PYW_HTTPD_RESPONSE_PARALLEL_H

/* What the output filters and the socket of a response allow. */

#include "httpd/response/response.h"

/*
 * May another thread than that of the request use the response while this one does not (nor anything else of httpd)?
 * Such a thread must not wait for a client, and must not run code that may be bound to the request's thread: so only on
 * a plain connection, and with no other output filters than those that are known to be good.
 */
int pyw_response_takes_parallel(const request_rec *r);

/* Do the bytes of the body reach the socket without an output filter that reads them? Any thread. */
int pyw_response_passes_unread(const request_rec *r);

/* Will so many bytes go out without waiting for the client, as far as one can know? */
int pyw_response_has_room(const pyw_response *response, size_t length);

#endif
