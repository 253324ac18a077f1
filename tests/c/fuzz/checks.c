/* SPDX-License-Identifier: Apache-2.0 */
#include "checks.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void pyw_must(int holds)
{
    if (!holds) {
        abort();
    }
}

void pyw_must_be_escaped(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *again = malloc(4 * length + 1);

        pyw_must(again != NULL && pyw_log_escape(again, 4 * length + 1, text, length) == length);
        free(again);
        text += length + (text[length] == '\n');
    }
}
