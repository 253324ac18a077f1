/* SPDX-License-Identifier: Apache-2.0 */
#include "base/os/proc.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char BLANKS[] = " \t\n";

size_t pyw_proc_read(char *text, size_t size, const char *path)
{
    FILE *file = fopen(path, "re");
    size_t length = 0;

    if (file != NULL) {
        length = fread(text, 1, size - 1, file);
        fclose(file);
    }
    text[length] = '\0';
    return length;
}

size_t pyw_proc_read_pid(char *text, size_t size, pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return pyw_proc_read(text, size, path);
}

int pyw_proc_number(const char *text, int index, uint64_t *number)
{
    uint64_t value;

    text += strspn(text, BLANKS);
    for (int i = 0; i < index; i++) {
        text += strcspn(text, BLANKS);
        text += strspn(text, BLANKS);
    }
    if (!isdigit((unsigned char)*text)) {
        return 0;
    }
    errno = 0;
    value = strtoull(text, NULL, 10);
    *number = errno == 0 ? value : *number;
    return errno == 0;
}

const char *pyw_proc_stat_fields(const char *stat)
{
    const char *bracket = strrchr(stat, ')');

    return bracket != NULL ? bracket + 1 : NULL;
}
