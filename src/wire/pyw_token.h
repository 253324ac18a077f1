/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_TOKEN_H
#define PYW_TOKEN_H

/*
 * Who has a request: the worker, which takes the token before it begins, or httpd, which takes the token if the request
 * is to go elsewhere, or nowhere. A word of memory that both ends of a connection share; nobody waits for it, and no
 * system call is needed. httpd trusts a worker no further than that: one that begins a request without the token runs
 * its own application twice.
 */

typedef struct pyw_token pyw_token;

/* httpd: new memory for a token, which cannot be made smaller. A descriptor, or -1 with errno. */
int pyw_token_memory(void);

/* Both: the descriptor stays the caller's. NULL with errno. */
pyw_token *pyw_token_map(int fd);
void pyw_token_unmap(pyw_token *token); /* NULL: nothing to do */

/* httpd: before the request is sent. */
void pyw_token_put(pyw_token *token);

/* Has nobody taken it yet? */
int pyw_token_is_there(const pyw_token *token);

/* 1: the caller has the request, nobody else does. */
int pyw_token_take(pyw_token *token);

#endif
