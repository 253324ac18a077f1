/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/watch/memory.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os/proc.h"

struct pyw_memory_watch {
    int fd; /* descriptor of statm; an application may close it, and reuse the number for another file */
    uint64_t page_size;
    uint64_t limit;
    void (*on_large)(void);
    _Atomic int64_t next;
    atomic_int is_large;
};

/* In bytes; 0: unknown. */
static uint64_t resident(const pyw_memory_watch *watch)
{
    char text[128];
    ssize_t length = pread(watch->fd, text, sizeof(text) - 1, 0);
    uint64_t pages = 0;

    if (length <= 0) {
        return 0;
    }
    text[length] = '\0';
    return pyw_proc_number(text, 1, &pages) ? pages * watch->page_size : 0;
}

pyw_memory_watch *pyw_memory_watch_create(uint64_t limit, void (*on_large)(void))
{
    pyw_memory_watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL) {
        return NULL;
    }
    watch->fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    watch->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    watch->limit = limit;
    watch->on_large = on_large;
    if (watch->fd < 0) {
        free(watch);
        return NULL;
    }
    return watch;
}

/* Only one of several concurrent threads measures. */
static int is_due(pyw_memory_watch *watch, int64_t now)
{
    int64_t next = atomic_load(&watch->next);

    return now >= next && atomic_compare_exchange_strong(&watch->next, &next, now + PYW_MEMORY_CHECK_MS);
}

void pyw_memory_watch_read(pyw_memory_watch *watch, int64_t now)
{
    if (is_due(watch, now) && resident(watch) > watch->limit) {
        atomic_store(&watch->next, now + PYW_MEMORY_RECHECK_MS);
        atomic_store(&watch->is_large, 1);
        watch->on_large();
    }
}

int pyw_memory_watch_take(pyw_memory_watch *watch)
{
    return atomic_exchange(&watch->is_large, 0);
}

void pyw_memory_watch_destroy(pyw_memory_watch *watch)
{
    if (watch != NULL) {
        close(watch->fd);
        free(watch);
    }
}
