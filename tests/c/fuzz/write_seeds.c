/* SPDX-License-Identifier: Apache-2.0 */
/* write_seeds NAME DIRECTORY: writes the seeds of the fuzzers of the wire, the examples of docs/internals/WIRE.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

/* See fuzz_channel.c: the longest piece, followed by a read; and the same with a descriptor. */
enum { WHOLE = 0xbf, WHOLE_WITH_FD = 0xff, NO_PREFIX = -1 };

static void write_seed(const char *directory, const char *suffix, const pyw_vector *vector, int prefix)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s%s", directory, vector->name, suffix);
    file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    if (prefix != NO_PREFIX) {
        fputc(prefix, file);
    }
    fwrite(vector->bytes, 1, vector->length, file);
    if (fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    size_t count;
    const pyw_vector *vectors = pyw_vectors_all(&count);

    if (argc != 3) {
        fprintf(stderr, "usage: write_seeds NAME DIRECTORY\n");
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[1], "message") == 0 || strcmp(argv[1], "head") == 0) {
            write_seed(argv[2], "", &vectors[i], NO_PREFIX);
        }
        else if (strcmp(argv[1], "channel") == 0) {
            write_seed(argv[2], "", &vectors[i], WHOLE);
            write_seed(argv[2], "-fd", &vectors[i], WHOLE_WITH_FD);
        }
    }
    return 0;
}
