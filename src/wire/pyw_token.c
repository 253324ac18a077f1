/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pyw_token.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "wire/pyw_roster.h"

struct pyw_token {
    uint32_t *word;  /* shared: the number of the request that nobody has taken; 0: there is none */
    uint32_t number; /* of the last request; never 0 then */
};

int pyw_token_memory(void)
{
    return pyw_roster_memory("pywsgi-token", sizeof(uint32_t));
}

pyw_token *pyw_token_map(int fd)
{
    pyw_token *token = calloc(1, sizeof(*token));

    if (token == NULL) {
        return NULL;
    }
    token->word = pyw_roster_map(fd, sizeof(*token->word), 1);
    if (token->word == NULL) {
        free(token);
        return NULL;
    }
    return token;
}

void pyw_token_unmap(pyw_token *token)
{
    if (token != NULL) {
        munmap(token->word, sizeof(*token->word));
        free(token);
    }
}

static void count(pyw_token *token)
{
    token->number++;
    token->number += token->number == 0;
}

void pyw_token_put(pyw_token *token)
{
    count(token);
    __atomic_store_n(token->word, token->number, __ATOMIC_RELEASE);
}

int pyw_token_is_there(const pyw_token *token)
{
    return __atomic_load_n(token->word, __ATOMIC_ACQUIRE) == token->number;
}

int pyw_token_take(pyw_token *token)
{
    uint32_t number = token->number;

    return __atomic_compare_exchange_n(token->word, &number, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

int pyw_token_claim(pyw_token *token)
{
    count(token);
    return pyw_token_take(token);
}
