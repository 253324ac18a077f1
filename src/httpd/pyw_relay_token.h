/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_RELAY_TOKEN_H
#define PYW_RELAY_TOKEN_H

/*
 * A request that its worker has not begun can be taken back, by way of the connection's token (pyw_token.h): because
 * another worker could begin it now, the client left, its time is up, or the worker died. On the thread of the request.
 */

#include "httpd/pyw_relay_frames.h"

/*
 * Before the REQUEST is sent to a worker's own socket, and behind that. Without memory for a token it cannot be taken
 * back: then one that is not to be sent without is taken back at once.
 */
void pyw_relay_token_put(pyw_relay *relay);
void pyw_relay_token_sent(pyw_relay *relay);

/* The longest wait, in ms, until somebody has to look at the token; `ms` if that is shorter. */
int pyw_relay_token_bound(const pyw_relay *relay, int ms);

/* Takes the request back, and ends the relay, if it is better off elsewhere. */
void pyw_relay_token_look(pyw_relay *relay);

/* The worker has begun the request, or nobody waits for it any more. */
void pyw_relay_token_begun(pyw_relay *relay);

/* 1: the worker had not begun the request, and will not. 0: it has, or one cannot tell. */
int pyw_relay_token_take(pyw_relay *relay);

#endif
