/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a worker or an httpd child: counts how often the engine takes the GIL. All processes share the count,
 * the first eight bytes of the file $COUNT_GIL.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t nowhere;
static _Atomic uint64_t *count = &nowhere;

__attribute__((constructor)) static void open_count(void)
{
    const char *name = getenv("COUNT_GIL");
    int fd = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
    void *memory = fd >= 0 ? mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (memory != MAP_FAILED) {
        count = memory;
    }
    if (fd >= 0) {
        close(fd);
    }
}

void PyEval_RestoreThread(void *state);

void PyEval_RestoreThread(void *state)
{
    static void (*real)(void *);

    if (real == NULL) {
        /* Not RTLD_NEXT: libpython is loaded with the engine, after all libraries of the start. */
        void *python = dlopen(getenv("COUNT_GIL_LIBRARY"), RTLD_NOW | RTLD_NOLOAD);

        *(void **)&real = dlsym(python, "PyEval_RestoreThread");
    }
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
    real(state);
}
