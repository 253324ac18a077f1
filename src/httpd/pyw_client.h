/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CLIENT_H
#define PYW_CLIENT_H

/*
 * A connection of an httpd child to a worker of a process group, with the buffers that go with it. Buffers are kept in
 * the child from request to request; the connection is made for one request. Any thread may take a client; it serves
 * one thread until it is given back.
 */

#include <httpd.h>

#include "base/pyw_buffer.h"
#include "config/pyw_config.h"
#include "httpd/pyw_timing.h"
#include "wire/pyw_channel.h"
#include "wire/pyw_message.h"

typedef struct pyw_client {
    pyw_channel *channel;
    pyw_buffer request; /* the payload of the REQUEST frame */
    pyw_pairs headers;  /* scratch of the HEAD decoder */
    struct pyw_client *next;
} pyw_client;

/* In a new child, before its threads. */
void pyw_client_child_init(apr_pool_t *pchild);

/* NULL: out of memory. */
pyw_client *pyw_client_take(void);

/* Closes the connection. */
void pyw_client_give_back(pyw_client *client);

/*
 * Connects to the group's socket, waiting up to its connect-timeout while the listen queue is full, and for a moment
 * while the socket does not exist: its manager is being replaced, or binds it anew. No wait goes on behind the deadline
 * of `timing`. 0, or the errno.
 */
int pyw_client_connect(pyw_client *client, const pyw_group *group, const pyw_timing *timing);

#endif
