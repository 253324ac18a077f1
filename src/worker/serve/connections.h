/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_CONNECTIONS_H
#define PYW_WORKER_SERVE_CONNECTIONS_H

/*
 * Where a worker's requests come from: its listening socket, whose connections httpd's children keep from request to
 * request. All threads of the pool wait here, and each event goes to one of them.
 */

#include "base/result.h"
#include "shm/token.h"

typedef struct pyw_connections pyw_connections;
typedef struct pyw_connection pyw_connection;

typedef enum {
    PYW_READY_NOTHING = 0, /* a signal, or somebody else was faster: look around and call again */
    PYW_READY_NEW,         /* a connection: `fd`, whose owner the caller becomes; see pyw_connections_add */
    PYW_READY_KEPT         /* something came on a kept connection, which belongs to the caller until it rests */
} pyw_ready_kind;

typedef struct pyw_ready {
    pyw_ready_kind kind;
    int fd;
    pyw_connection *connection; /* KEPT */
} pyw_ready;

/*
 * The listening socket stays the caller's. `say_goodbye` tells httpd that nothing more is begun on a connection, whose
 * owner it becomes. NULL with *problem. Main thread.
 */
pyw_connections *pyw_connections_create(int listener, void (*say_goodbye)(int fd), pyw_problem *problem);

/* Waits for the next thing to do. errno tells why NOTHING came (EINTR, EMFILE ...). */
pyw_ready pyw_connections_wait(pyw_connections *connections);

/* Becomes the owner of `fd`, which belongs to the caller as if it had just come KEPT. NULL: no memory, it is closed. */
pyw_connection *pyw_connections_add(pyw_connections *connections, int fd);

int pyw_connection_fd(const pyw_connection *connection);

/* Its token, unmapped with the connection; NULL until somebody puts it there. */
pyw_token **pyw_connection_token(pyw_connection *connection);

/* Nothing more is here: 1, and it belongs to nobody; 0: something came meanwhile, it is still the caller's. */
int pyw_connections_rest(pyw_connection *connection);

/* The caller has closed it. */
void pyw_connections_forget(pyw_connections *connections, pyw_connection *connection);

/*
 * Takes no further connection, and says goodbye on every connection that belongs to nobody.
 * Call it again until all threads have ended. Main thread.
 */
void pyw_connections_drain(pyw_connections *connections);

#endif
