/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/watch/memory.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/proc.h"

struct pyw_memory_watch {
    int fd; /* of statm; an application may have closed it, and the number may be another file's */
    uint64_t page_size;
    uint64_t limit;
    void (*on_large)(void);
    _Atomic int64_t next;
    atomic_int is_large;
};

/* In bytes; 0: not told. */
static uint64_t resident(const pyw_memory_watch *look)
{
    char text[128];
    ssize_t length = pread(look->fd, text, sizeof(text) - 1, 0);
    uint64_t pages = 0;

    if (length <= 0) {
        return 0;
    }
    text[length] = '\0';
    return pyw_proc_number(text, 1, &pages) ? pages * look->page_size : 0;
}

pyw_memory_watch *pyw_memory_watch_create(uint64_t limit, void (*on_large)(void))
{
    pyw_memory_watch *look = calloc(1, sizeof(*look));

    if (look == NULL) {
        return NULL;
    }
    look->fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    look->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    look->limit = limit;
    look->on_large = on_large;
    if (look->fd < 0) {
        free(look);
        return NULL;
    }
    return look;
}

/* Of the threads that come at the same time one looks. */
static int is_mine(pyw_memory_watch *look, int64_t now)
{
    int64_t next = atomic_load(&look->next);

    return now >= next && atomic_compare_exchange_strong(&look->next, &next, now + PYW_MEMORY_LOOK_MS);
}

void pyw_memory_watch_read(pyw_memory_watch *look, int64_t now)
{
    if (is_mine(look, now) && resident(look) > look->limit) {
        atomic_store(&look->next, now + PYW_MEMORY_LOOK_SAID_MS);
        atomic_store(&look->is_large, 1);
        look->on_large();
    }
}

int pyw_memory_watch_take(pyw_memory_watch *look)
{
    return atomic_exchange(&look->is_large, 0);
}

void pyw_memory_watch_destroy(pyw_memory_watch *look)
{
    if (look != NULL) {
        close(look->fd);
        free(look);
    }
}
