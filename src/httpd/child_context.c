/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/child_context.h"

#include <stdlib.h>

pyw_httpd_child_context pyw_httpd_child;

void *pyw_httpd_child_part(size_t size)
{
    void *part = calloc(1, size);

    if (!part) {
        abort();
    }
    return part;
}
