/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_CONNECTIONS_H
#define PYW_WORKER_SERVE_CONNECTIONS_H

/*
 * The listening socket of a worker, and its connections, which httpd's children use for one request after another. All
 * threads of the pool wait here, and each event goes to one of them.
 */

#include "base/result.h"
#include "shm/token.h"

typedef struct pyw_connections pyw_connections;
typedef struct pyw_connection pyw_connection;

typedef enum {
    PYW_READY_NOTHING = 0, /* a signal, or another thread was faster: check the state of the worker, and call again */
    PYW_READY_NEW,         /* a new connection: the caller owns `fd`; see pyw_connections_add */
    PYW_READY_INPUT        /* a connection has input, and belongs to the caller until it rests */
} pyw_ready_kind;

typedef struct pyw_ready {
    pyw_ready_kind kind;
    int fd;
    pyw_connection *connection; /* INPUT */
} pyw_ready;

/*
 * The caller remains the owner of the listening socket. `go_away` refuses further requests on a connection, and becomes
 * its owner. NULL with *problem. Main thread.
 */
pyw_connections *pyw_connections_create(int listener, void (*go_away)(int fd), pyw_problem *problem);

/* Waits for the next event. After NOTHING errno contains the reason (EINTR, EMFILE ...). */
pyw_ready pyw_connections_wait(pyw_connections *connections);

/* Becomes the owner of `fd`. The connection belongs to the caller, as after INPUT. NULL: no memory, `fd` is closed. */
pyw_connection *pyw_connections_add(pyw_connections *connections, int fd);

int pyw_connection_fd(const pyw_connection *connection);

/* Its token, which is unmapped with the connection; NULL until the caller sets it. */
pyw_token **pyw_connection_token(pyw_connection *connection);

/* The caller has read everything. 1: the connection rests. 0: there is more input, and the caller still owns it. */
int pyw_connections_rest(pyw_connection *connection);

/* The caller has closed the connection. */
void pyw_connections_forget(pyw_connections *connections, pyw_connection *connection);

/*
 * Accepts no further connection, and calls go_away for each connection that no thread owns. Call it again until all
 * threads have ended. Main thread.
 */
void pyw_connections_drain(pyw_connections *connections);

#endif
