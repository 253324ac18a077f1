/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_EMBEDDED_EXCHANGE_H
#define PYW_HTTPD_EMBEDDED_EXCHANGE_H

/* A request_rec as the engine's carrier. Lives on the stack of the thread that serves the request. */

#include <httpd.h>

#include "httpd/request/body.h"
#include "httpd/response/response.h"
#include "httpd/target.h"
#include "wsgi/exchange.h"

typedef struct pyw_embedded_exchange {
    pyw_exchange base; /* first: the engine's pointer is ours */
    pyw_body body;
    pyw_response response;
    pyw_timing reading; /* the time limit of read() */
} pyw_embedded_exchange;

/* Prepares the exchange, and builds the environ. */
void pyw_embedded_exchange_init(pyw_embedded_exchange *exchange, request_rec *r, const pyw_target *target);

#endif
