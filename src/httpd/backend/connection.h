/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_CONNECTION_H
#define PYW_HTTPD_BACKEND_CONNECTION_H

/*
 * The connections of an httpd child to workers. A pool (httpd/backend/pool.h) keeps the sockets from request to
 * request. The buffers are reused independently of the sockets: there are as many buffers as concurrent requests. Any
 * thread.
 */

#include <httpd.h>
#include <sys/queue.h>

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
    int is_pooled;       /* the connection comes from the pool, so the worker may have closed it */
    pyw_token *token;    /* of the connection; NULL before its first request */
    SLIST_ENTRY(pyw_connection) next;
} pyw_connection;

/* In a new child, before its threads. */
void pyw_connection_child_init(apr_pool_t *pchild);

/* Returns an object that is not connected. NULL: out of memory. */
pyw_connection *pyw_connection_take(void);

/* Disconnects. The object serves another request, or is freed with the child. */
void pyw_connection_give_back(pyw_connection *connection);

/* Closes the connection, if there is one. */
void pyw_connection_disconnect(pyw_connection *connection);

/*
 * The exchange is over on both sides: returns the socket to the pool, for another request. Closes the socket if the
 * channel still holds data. Keeps the buffers.
 */
void pyw_connection_release(pyw_connection *connection, const pyw_group *group);

/* Moves the socket out of the channel, with all unread data, to the caller. -1: out of descriptors. */
int pyw_connection_abandon(pyw_connection *connection);

/*
 * Connects to a worker: by a pooled connection, unless there is none or `is_fresh` is set; otherwise to its socket.
 * Returns 0, or the errno: a worker that is about to exit does not listen any more.
 */
int pyw_connection_connect(pyw_connection *connection, const pyw_group *group, apr_uint64_t worker, int is_fresh);

#endif
