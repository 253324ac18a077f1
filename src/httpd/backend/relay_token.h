/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_RELAY_TOKEN_H
#define PYW_HTTPD_BACKEND_RELAY_TOKEN_H

/*
 * Decides by the connection's token (shm/token.h) whether the worker has begun the request. httpd takes the token when
 * the client left, the deadline passed or the worker died. On the thread of the request.
 */

#include "httpd/backend/relay_state.h"

/* Before and after the REQUEST is sent. 0: there is no memory for a token; the client gets 503, which was logged. */
int pyw_relay_token_put(pyw_relay *relay);
void pyw_relay_token_sent(pyw_relay *relay);

/* 1: the worker has not begun the request, and never will. 0: it has. */
int pyw_relay_token_take(pyw_relay *relay);

#endif
