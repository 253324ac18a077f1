/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* explicit_bzero, madvise */
#endif
#include "config/options/secrets.h"

#include <apr_strings.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>

enum { CHUNK_SIZE = 64 * 1024, ALIGNMENT = 16 };

/* Describes a mapping. It is outside of the mapping, because a child needs it to unmap the memory. */
typedef struct chunk {
    SLIST_ENTRY(chunk) next;
    char *memory;
    size_t size;
    size_t used;
} chunk;

struct pyw_secrets {
    apr_pool_t *pool;
    pid_t owner; /* the process that wipes the memory; its children do not inherit the memory */
    SLIST_HEAD(, chunk) chunks;
};

static apr_status_t destroy(void *data)
{
    const pyw_secrets *secrets = data;
    const chunk *each;

    SLIST_FOREACH (each, &secrets->chunks, next) {
        if (getpid() == secrets->owner) {
            explicit_bzero(each->memory, each->used);
        }
        munmap(each->memory, each->size);
    }
    return APR_SUCCESS;
}

pyw_secrets *pyw_secrets_create(apr_pool_t *pool)
{
    pyw_secrets *secrets = apr_pcalloc(pool, sizeof(*secrets));

    secrets->pool = pool;
    secrets->owner = getpid();
    apr_pool_cleanup_register(pool, secrets, destroy, apr_pool_cleanup_null);
    return secrets;
}

/* Kernels before 4.14 cannot wipe the memory in children. There, children do not inherit the mapping. */
static int hide_from_children(void *memory, size_t size)
{
    madvise(memory, size, MADV_DONTDUMP);
    return madvise(memory, size, MADV_WIPEONFORK) == 0 || madvise(memory, size, MADV_DONTFORK) == 0;
}

static chunk *add_chunk(pyw_secrets *secrets, size_t least)
{
    size_t size = least > CHUNK_SIZE ? least : CHUNK_SIZE;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    chunk *added;

    if (memory == MAP_FAILED) {
        return NULL;
    }
    if (!hide_from_children(memory, size)) {
        munmap(memory, size);
        return NULL;
    }
    added = apr_palloc(secrets->pool, sizeof(*added));
    added->memory = memory;
    added->size = size;
    added->used = 0;
    SLIST_INSERT_HEAD(&secrets->chunks, added, next);
    return added;
}

char *pyw_secrets_allocate(pyw_secrets *secrets, apr_pool_t *pool, size_t size)
{
    size_t whole = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    chunk *from;
    char *memory;

    if (secrets == NULL) {
        return apr_pcalloc(pool, size);
    }
    from = SLIST_FIRST(&secrets->chunks);
    if (from == NULL || from->size - from->used < whole) {
        from = add_chunk(secrets, whole);
    }
    if (from == NULL) {
        return NULL;
    }
    memory = from->memory + from->used;
    from->used += whole;
    return memory;
}

char *pyw_secrets_copy(pyw_secrets *secrets, apr_pool_t *pool, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = pyw_secrets_allocate(secrets, pool, size);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

int pyw_secrets_are_in(const pyw_secrets *secrets, uintptr_t first, uintptr_t end)
{
    const chunk *each;

    SLIST_FOREACH (each, &secrets->chunks, next) {
        uintptr_t memory = (uintptr_t)each->memory;

        if (memory < end && memory + each->size > first) {
            return 1;
        }
    }
    return 0;
}

void pyw_secrets_wipe(const char *text)
{
    union {
        const char *to_read;
        char *to_wipe;
    } bytes = {text};

    explicit_bzero(bytes.to_wipe, strlen(text));
}
