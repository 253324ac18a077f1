/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_TESTS_COVERAGE_H
#define PYW_TESTS_COVERAGE_H

/*
 * Part of each file of a build with --coverage: a process that ends by _exit(2), such as a worker, also writes its
 * counters. Every shared object has a function that writes its own.
 */

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

void __gcov_dump(void);

__attribute__((weak, visibility("default"))) void pyw_coverage_write(void)
{
    __gcov_dump();
}

static inline int pyw_coverage_write_of(struct dl_phdr_info *object, size_t size, void *unused)
{
    void *handle = dlopen(object->dlpi_name[0] ? object->dlpi_name : NULL, RTLD_NOW | RTLD_NOLOAD);
    void (*write_counters)(void) = handle ? (void (*)(void))dlsym(handle, "pyw_coverage_write") : NULL;

    (void)size;
    (void)unused;
    if (write_counters) {
        write_counters();
    }
    return 0;
}

static inline __attribute__((noreturn)) void pyw_coverage_exit(int status)
{
    pyw_coverage_write();
    dl_iterate_phdr(pyw_coverage_write_of, NULL);
    _exit(status);
}

#define _exit(status) pyw_coverage_exit(status)

#endif
