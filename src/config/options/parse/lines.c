/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/lines.h"

#include <string.h>

int pyw_option_cut_lines(char *text, char **lines, int count)
{
    lines[0] = text;
    for (int i = 1; i < count; i++) {
        char *newline = strchr(lines[i - 1], '\n');

        if (newline == NULL) {
            return 0;
        }
        *newline = '\0';
        lines[i] = newline + 1;
    }
    return 1;
}
