/* SPDX-License-Identifier: Apache-2.0 */
#include "command/site/conf_text.h"

#include <string.h>

int pyw_conf_is_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return 0;
        }
    }
    return strstr(text, "${") == NULL;
}

void pyw_conf_write_pair(FILE *out, const char *name, const char *value)
{
    fprintf(out, " \"%s", name);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\') {
            fputc('\\', out);
        }
        fputc(*value, out);
    }
    fputc('"', out);
}

void pyw_conf_write_argument(FILE *out, const char *text)
{
    pyw_conf_write_pair(out, "", text);
}
