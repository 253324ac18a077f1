/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_TOKEN_H
#define PYW_SHM_TOKEN_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Memory that both ends of a connection share. It decides who owns a request that httpd has sent to a worker: the
 * worker takes the token before it starts the request; httpd takes it to prevent the start (the client left, the
 * deadline passed, the worker died). Taking it is one atomic exchange: no wait, no system call. Beside the token is the
 * time that the request has waited for Python's GIL.
 *
 * A worker that starts a request without the token harms only its own application, which then runs twice.
 */

typedef struct pyw_token pyw_token; /* shared memory; any thread */

/* httpd: makes the memory of a token, sealed against shrinking. Returns a descriptor, or -1 with errno. */
int pyw_token_memory(void);

/* Both ends: the descriptor stays the caller's. NULL with errno. */
pyw_token *pyw_token_map(int fd);
void pyw_token_unmap(pyw_token *token); /* NULL: nothing to do */

/* httpd: before it sends a request. */
void pyw_token_put(pyw_token *token);

/* Both ends. 1: the request is the caller's, and nobody else gets it. 0: the other end was first. */
int pyw_token_take(pyw_token *token);

/* Microseconds, UINT32_MAX while the request waits, 0 before. The worker writes it, and httpd does not trust it. */
_Atomic uint32_t *pyw_token_gil_wait(pyw_token *token);

#endif
