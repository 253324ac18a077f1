/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pyw_token.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "wire/pyw_roster.h"

struct pyw_token {
    uint32_t is_there;
};

int pyw_token_memory(void)
{
    return pyw_roster_memory("pywsgi-token", sizeof(pyw_token));
}

pyw_token *pyw_token_map(int fd)
{
    return pyw_roster_map(fd, sizeof(pyw_token), 1);
}

void pyw_token_unmap(pyw_token *token)
{
    if (token != NULL) {
        munmap(token, sizeof(*token));
    }
}

void pyw_token_put(pyw_token *token)
{
    __atomic_store_n(&token->is_there, 1, __ATOMIC_RELEASE);
}

int pyw_token_is_there(const pyw_token *token)
{
    return __atomic_load_n(&token->is_there, __ATOMIC_ACQUIRE) == 1;
}

int pyw_token_take(pyw_token *token)
{
    return __atomic_exchange_n(&token->is_there, 0, __ATOMIC_ACQ_REL) == 1;
}
