/* SPDX-License-Identifier: Apache-2.0 */
#include "text_pairs.h"

#include <string.h>

size_t pyw_text_pairs_read(pyw_pairs *pairs, const char *text, size_t length)
{
    size_t used = 0;

    while (used < length) {
        const char *line = text + used;
        const char *end = memchr(line, '\n', length - used);
        size_t size = end != NULL ? (size_t)(end - line) : length - used;
        const char *equals = memchr(line, '=', size);

        used += size + (end != NULL);
        if (size == 0) {
            break;
        }
        if (equals != NULL) {
            pyw_pairs_add(pairs, line, (size_t)(equals - line), equals + 1, size - (size_t)(equals + 1 - line));
        }
    }
    return used;
}
