/* SPDX-License-Identifier: Apache-2.0 */
#include "shm/token.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "shm/worker_list.h"

/* Shared by both ends. A worker may write anything here, so httpd uses no more than one bit of it. */
struct pyw_token {
    _Atomic uint32_t is_there;
};

int pyw_token_memory(void)
{
    return pyw_worker_list_memory("pywsgi-token", sizeof(pyw_token));
}

pyw_token *pyw_token_map(int fd)
{
    return pyw_worker_list_map(fd, sizeof(pyw_token), 1);
}

void pyw_token_unmap(pyw_token *token)
{
    if (token != NULL) {
        munmap(token, sizeof(*token));
    }
}

void pyw_token_put(pyw_token *token)
{
    atomic_store_explicit(&token->is_there, 1, memory_order_release);
}

int pyw_token_take(pyw_token *token)
{
    uint32_t is_there = 1;

    return atomic_compare_exchange_strong_explicit(&token->is_there, &is_there, 0, memory_order_acq_rel,
                                                   memory_order_acquire);
}
