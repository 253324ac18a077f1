/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_PARALLEL_H
#define PYW_HTTPD_RESPONSE_PARALLEL_H

/* Whether the output filters and the socket of a response allow parallel use, mmap(2), or a write without waiting. */

#include "httpd/response/response.h"

/*
 * Whether another thread may use the response while the thread of the request uses nothing of httpd. The other thread
 * must not wait for a client, or run code that depends on the request's thread. Therefore the request needs a
 * connection of its own, and output filters that are known to be safe.
 */
int pyw_response_takes_parallel(const request_rec *r);

/* Whether no output filter reads the bytes of the body. Any thread. */
int pyw_response_passes_unread(const request_rec *r);

/* Whether `length` bytes can probably be sent without waiting for the client. */
int pyw_response_has_room(const pyw_response *response, size_t length);

#endif
