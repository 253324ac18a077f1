/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of the fuzzers: the examples of docs/internals/WIRE.md, and values of proxies' headers, and
 * profiles. write_seeds MESSAGE_DIRECTORY CHANNEL_DIRECTORY FORWARDED_DIRECTORY PROFILE_DIRECTORY.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

/* See fuzz_channel.c: the longest piece, followed by a read; and the same with a descriptor. */
enum { WHOLE = 0xbf, WHOLE_WITH_FD = 0xff, NO_PREFIX = -1 };

static void write_file(const char *directory, const char *name, const char *suffix, int prefix, const void *bytes,
                       size_t length)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);
    file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    if (prefix != NO_PREFIX) {
        fputc(prefix, file);
    }
    fwrite(bytes, 1, length, file);
    if (fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void write_seed(const char *directory, const char *suffix, const pyw_vector *vector, int prefix)
{
    write_file(directory, vector->name, suffix, prefix, vector->bytes, vector->length);
}

/* See fuzz_forwarded.c: the number of the header in pyw_proxy_headers; '2': addresses that begin with 1 are trusted. */
static void write_proxy_header(const char *directory, const char *name, int header, const char *value)
{
    write_file(directory, name, "", header, value, strlen(value));
}

static void write_proxy_headers(const char *directory)
{
    write_proxy_header(directory, "forwarded", 0, "2for=192.0.2.1;proto=https, for=\"[2001:db8::1]:80\";host=a.b:80");
    write_proxy_header(directory, "addresses", 1, "2203.0.113.1, 192.0.2.1, 10.0.0.1:80");
    write_proxy_header(directory, "host", 4, "2a.example, [2001:db8::1]:8080");
    write_proxy_header(directory, "path", 8, "2/a/b/");
}

/* See fuzz_profile.c: the first byte is where the output is split. */
static void write_profiles(const char *directory)
{
    static const char profile[] = "view (app.py:3);json.loads (a/b.py:9) 12\nview (app.py:3) 2\n#end 14\n";
    static const char error[] = "#error another profile of it is running\n";

    write_file(directory, "profile", "", 17, profile, strlen(profile));
    write_file(directory, "error", "", 3, error, strlen(error));
}

int main(int argc, char **argv)
{
    size_t count;
    const pyw_vector *vectors = pyw_vectors_all(&count);

    if (argc != 5) {
        fprintf(stderr,
                "usage: write_seeds MESSAGE_DIRECTORY CHANNEL_DIRECTORY FORWARDED_DIRECTORY PROFILE_DIRECTORY\n");
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        write_seed(argv[1], "", &vectors[i], NO_PREFIX);
        write_seed(argv[2], "", &vectors[i], WHOLE);
        write_seed(argv[2], "-fd", &vectors[i], WHOLE_WITH_FD);
    }
    write_proxy_headers(argv[3]);
    write_profiles(argv[4]);
    return 0;
}
