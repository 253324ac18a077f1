/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTORS_MAX = 128 };

static pyw_vector vectors[VECTORS_MAX];
static size_t vector_count;

static void give_up(const char *what, const char *which)
{
    fprintf(stderr, "%s: %s: %s\n", PYW_VECTORS_PAGE, what, which);
    exit(2);
}

static void add_byte(pyw_vector *vector, unsigned byte)
{
    if (vector->length == sizeof(vector->bytes)) {
        give_up("example too long", vector->name);
    }
    vector->bytes[vector->length++] = (unsigned char)byte;
}

/* Returns the text after the closing quote. */
static const char *add_text(pyw_vector *vector, const char *text)
{
    for (; *text != '"'; text++) {
        if (*text == '\0') {
            give_up("quote not closed", vector->name);
        }
        add_byte(vector, (unsigned char)*text);
    }
    return text + 1;
}

static const char *add_hex(pyw_vector *vector, const char *digits)
{
    unsigned byte = 0;

    if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]) ||
        sscanf(digits, "%2x", &byte) != 1) {
        give_up("neither hex nor text", vector->name);
    }
    add_byte(vector, byte);
    return digits + 2;
}

static void add_line(pyw_vector *vector, const char *line)
{
    while (*line != '\0' && *line != ';') {
        if (isspace((unsigned char)*line)) {
            line++;
        }
        else {
            line = *line == '"' ? add_text(vector, line + 1) : add_hex(vector, line);
        }
    }
}

static pyw_vector *start(const char *fence)
{
    pyw_vector *vector = &vectors[vector_count++];

    if (vector_count == VECTORS_MAX || sscanf(fence, "%47s", vector->name) != 1) {
        give_up("too many examples, or one without a name", fence);
    }
    return vector;
}

static void load(void)
{
    FILE *page = fopen(PYW_VECTORS_PAGE, "r");
    char line[1024];
    pyw_vector *vector = NULL;

    if (page == NULL) {
        give_up("cannot be opened", "run the tests where the sources are");
    }
    while (fgets(line, sizeof(line), page) != NULL) {
        if (strncmp(line, "```hex", 6) == 0) {
            vector = start(line + 6);
        }
        else if (strncmp(line, "```", 3) == 0) {
            vector = NULL;
        }
        else if (vector != NULL) {
            add_line(vector, line);
        }
    }
    fclose(page);
}

const pyw_vector *pyw_vectors_all(size_t *count)
{
    if (vector_count == 0) {
        load();
    }
    *count = vector_count;
    return vectors;
}

const pyw_vector *pyw_vectors_find(const char *name)
{
    size_t count;
    const pyw_vector *all = pyw_vectors_all(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, name) == 0) {
            return &all[i];
        }
    }
    give_up("no example of that name", name);
    return NULL;
}

int pyw_vectors_is_bad(const pyw_vector *vector)
{
    return strncmp(vector->name, "bad-", 4) == 0;
}
