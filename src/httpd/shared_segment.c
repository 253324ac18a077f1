/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#endif
#include "httpd/shared_segment.h"

#include <httpd.h>

#include <apr_strings.h>
#include <http_config.h>
#include <sys/mman.h>

#include "base/version.h"

#define KEY_SIZE 64

void *pyw_shared_segment(const char *key, size_t size, int *is_new)
{
    char full[KEY_SIZE];
    void **retained;
    void *created;

    apr_snprintf(full, sizeof(full), "pywsgi-%s " PYW_VERSION " %lu", key, (unsigned long)size);
    retained = ap_retained_data_get(full);
    *is_new = retained == NULL;
    if (retained) {
        return *retained;
    }
    created = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (created == MAP_FAILED) {
        return NULL;
    }
    retained = ap_retained_data_create(full, sizeof(*retained));
    *retained = created;
    return created;
}
