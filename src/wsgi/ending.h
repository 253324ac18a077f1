/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_ENDING_H
#define PYW_WSGI_ENDING_H

#include "base/buffer.h"
#include "wsgi/exchange.h"

/*
 * The remaining work of a request after Python has finished. The members belong to pyw_adapter_run and
 * pyw_adapter_finish.
 */
typedef struct pyw_ending {
    pyw_outcome outcome;
    int status;       /* for PYW_ERROR */
    int send;         /* the head and body below have not been sent yet */
    int head_pending; /* ... and neither has the head */
    int status_code;
    pyw_buffer head; /* reason, names and values, concatenated */
    uint32_t reason_length;
    pyw_pair *headers; /* point into `head` */
    uint32_t count;
    uint32_t capacity;
    pyw_buffer body;
} pyw_ending;

#endif
