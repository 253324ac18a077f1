/* SPDX-License-Identifier: Apache-2.0 */
#include "shm/token.h"

#include <sys/mman.h>

#include "shm/worker_list.h"

/* Shared by both ends. A worker may write anything here: httpd uses one bit of the token, and limits the time. */
struct pyw_token {
    _Atomic uint32_t is_there;
    _Atomic uint32_t gil_wait_us;
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
    atomic_store_explicit(&token->gil_wait_us, 0, memory_order_relaxed);
    atomic_store_explicit(&token->is_there, 1, memory_order_release);
}

int pyw_token_take(pyw_token *token)
{
    uint32_t is_there = 1;

    return atomic_compare_exchange_strong_explicit(&token->is_there, &is_there, 0, memory_order_acq_rel,
                                                   memory_order_acquire);
}

_Atomic uint32_t *pyw_token_gil_wait(pyw_token *token)
{
    return &token->gil_wait_us;
}
