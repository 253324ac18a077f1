/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_BACKEND_POOL_H
#define PYW_HTTPD_BACKEND_POOL_H

/* The unused connections of an httpd child to workers. Any thread. */

#include <httpd.h>

#include "shm/token.h"
#include "shm/worker_list.h"

/* In a new child, before its threads; `groups`: the number of indexes. */
void pyw_connection_pool_child_init(apr_pool_t *pchild, int groups);

/*
 * Takes the most recently used connection to `worker`: its descriptor, or -1, and its token. The caller becomes the
 * owner of both.
 */
int pyw_connection_pool_take(apr_uint64_t worker, pyw_token **token);

/* Becomes the owner of `fd` and `token`; closes both if the pool already has `most` connections to the worker. */
void pyw_connection_pool_put(int index, apr_uint64_t worker, int fd, pyw_token *token, int most);

/*
 * Closes the connections to workers that have left the worker list of group `index` in its `use`. Costs nothing while
 * the worker list does not change.
 */
void pyw_connection_pool_follow(int index, apr_uint32_t use, const pyw_worker_list_group *worker_list);

#endif
