/* SPDX-License-Identifier: Apache-2.0 */
#include "scarce_memory.h"

#include <stddef.h>

enum { NEVER = -1 };

static int calls_left = NEVER;
static int did_fail;

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void pyw_scarce_memory_fail_after(int count)
{
    calls_left = count;
    did_fail = 0;
}

int pyw_scarce_memory_end(void)
{
    calls_left = NEVER;
    return did_fail;
}

static int fails(void)
{
    if (calls_left == NEVER || calls_left-- > 0) {
        return 0;
    }
    did_fail = 1;
    return 1;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}
