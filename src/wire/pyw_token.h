/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_TOKEN_H
#define PYW_TOKEN_H

/*
 * Who has a request: the worker, which takes the token before it begins, or httpd, which takes the token if the request
 * is to go elsewhere, or nowhere. A word of memory that both ends of a connection share; nobody waits for it, and no
 * system call is needed. It holds the number of the request, which both ends count: so one that was taken back may stay
 * in the connection, and another one follow. httpd trusts a worker no further than that: one that begins a request
 * without the token runs its own application twice.
 */

typedef struct pyw_token pyw_token; /* one end of it; one thread at a time */

/* httpd: new memory for a token, which cannot be made smaller. A descriptor, or -1 with errno. */
int pyw_token_memory(void);

/* Both: the descriptor stays the caller's. NULL with errno. */
pyw_token *pyw_token_map(int fd);
void pyw_token_unmap(pyw_token *token); /* NULL: nothing to do */

/* httpd: before the next request is sent. */
void pyw_token_put(pyw_token *token);

/* httpd: has nobody taken it yet? */
int pyw_token_is_there(const pyw_token *token);

/* httpd: 1: the caller has the request, nobody else does. */
int pyw_token_take(pyw_token *token);

/* The worker: likewise, of the next request that it has read. */
int pyw_token_claim(pyw_token *token);

#endif
