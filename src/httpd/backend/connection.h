/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_CONNECTION_H
#define PYW_HTTPD_BACKEND_CONNECTION_H

/*
 * The connections of an httpd child to workers. They are kept from request to request. The buffers that go with a
 * request are kept apart from the connections: there are as many as requests run at a time. Any thread.
 */

#include <httpd.h>

#include "base/buffer.h"
#include "config/config.h"
#include "shm/token.h"
#include "wire/channel.h"
#include "wire/message.h"

typedef struct pyw_connection {
    pyw_channel *channel;
    pyw_buffer request;  /* the payload of the REQUEST frame */
    pyw_pairs headers;   /* scratch of the HEAD decoder */
    apr_uint64_t worker; /* its serial; 0: not connected */
    int is_kept;         /* the connection has served before: the worker may have closed it meanwhile */
    pyw_token *token;    /* of the connection; NULL: it has none (yet) */
    struct pyw_connection *next;
} pyw_connection;

/* In a new child, before its threads. */
void pyw_connection_child_init(apr_pool_t *pchild);

/* Without a connection. NULL: out of memory. */
pyw_connection *pyw_connection_take(void);

/* Closes the connection, if there is one. */
void pyw_connection_give_back(pyw_connection *connection);

/* Closes the connection, if there is one. */
void pyw_connection_disconnect(pyw_connection *connection);

/*
 * The exchange is over on both sides, or was taken back before it began: the connection may serve another request, the
 * buffers stay as they are. Closes it if that is not possible.
 */
void pyw_connection_keep(pyw_connection *connection, const pyw_group *group);

/* Takes the connection away from the client, whatever is still to be read from it. -1: out of descriptors. */
int pyw_connection_abandon(pyw_connection *connection);

/*
 * Connects to a worker: by a kept connection, if there is one and not `is_anew`, or else to its socket. 0, or the
 * errno: a worker that is about to end does not listen any more.
 */
int pyw_connection_connect(pyw_connection *connection, const pyw_group *group, apr_uint64_t worker, int is_anew);

#endif
