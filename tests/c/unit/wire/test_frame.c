/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "vectors.h"
#include "wire/frame.h"

/* The types in docs/internals/WIRE.md, copied independently of the table in wire/frame.c. */
typedef struct expected_type {
    unsigned type;
    const char *name;
    uint32_t least;
    uint32_t most;
    unsigned flags_most;
} expected_type;

static const expected_type expected_types[] = {
    {PYW_FRAME_REQUEST, "REQUEST", 0, 16 << 20, 7},
    {PYW_FRAME_ABORT, "ABORT", 0, 0, 0},
    {PYW_FRAME_DATA, "DATA", 1, 1 << 20, 1},
    {PYW_FRAME_END, "END", 0, 0, 0},
    {PYW_FRAME_HEAD, "HEAD", 0, 512 << 10, 0},
    {PYW_FRAME_FILE, "FILE", 16, 16, 1},
    {PYW_FRAME_LOG, "LOG", 0, 8192, 8},
    {PYW_FRAME_INTERIM, "INTERIM", 0, 512 << 10, 0},
    {PYW_FRAME_ERROR, "ERROR", 2, 2, 0},
    {PYW_FRAME_GOAWAY, "GOAWAY", 0, 0, 0},
    {PYW_FRAME_LEFT, "LEFT", 0, 0, 0},
    {PYW_FRAME_TOKEN, "TOKEN", 0, 0, 0},
    {PYW_FRAME_TAKEN, "TAKEN", 0, 0, 0},
    {PYW_FRAME_GROUP, "GROUP", 0, 4 << 20, 0},
    {PYW_FRAME_COMMIT, "COMMIT", 0, 4 << 20, 0},
    {PYW_FRAME_BOUND, "BOUND", 0, 0, 0},
    {PYW_FRAME_REFUSED, "REFUSED", 0, 4096, 0},
    {PYW_FRAME_COMMAND, "COMMAND", 0, 4096, 0},
    {PYW_FRAME_ROW, "ROW", 0, 4 << 20, 0},
    {PYW_FRAME_DONE, "DONE", 0, 4096, 0},
    {PYW_FRAME_HANDOVER, "HANDOVER", 0, 0, 1},
    {PYW_FRAME_WORKER_LIST, "WORKER_LIST", 0, 0, 0},
    {PYW_FRAME_LIVENESS_PIPE, "LIVENESS_PIPE", 0, 0, 0},
    {PYW_FRAME_LOAD, "LOAD", 0, 0, 0},
    {PYW_FRAME_STORE, "STORE", 0, 0, 1},
    {PYW_FRAME_JSON_LOG, "JSON_LOG", 0, 0, 0},
    {PYW_FRAME_STATS, "STATS", 0, 0, 0},
    {PYW_FRAME_HERITAGE, "HERITAGE", 0, 4 << 20, 0},
    {PYW_FRAME_OPTIONS, "OPTIONS", 0, 4 << 20, 0},
    {PYW_FRAME_DRAIN, "DRAIN", 0, 0, 9},
    {PYW_FRAME_READY, "READY", 0, 0, 0},
    {PYW_FRAME_BROKEN, "BROKEN", 0, 0, 0},
    {PYW_FRAME_STALE, "STALE", 0, 0, 0},
    {PYW_FRAME_SERVE, "SERVE", 0, 0, 0},
    {PYW_FRAME_STUCK, "STUCK", 0, 0, 0},
    {PYW_FRAME_STACKS, "STACKS", 0, 0, 0},
    {PYW_FRAME_PROFILE, "PROFILE", 4, 4, 0},
    {PYW_FRAME_FORK, "FORK", 0, 0, 0},
    {PYW_FRAME_HAND, "HAND", 0, 0, 15},
    {PYW_FRAME_FORKED, "FORKED", 0, 0, 0},
    {PYW_FRAME_OVERDUE, "OVERDUE", 0, 0, 0},
    {PYW_FRAME_FINISHING, "FINISHING", 0, 0, 0},
    {PYW_FRAME_LARGE, "LARGE", 0, 0, 0},
    {PYW_FRAME_RENEW, "RENEW", 0, 0, 0},
    {PYW_FRAME_CHECK_FILES, "CHECK_FILES", 0, 0, 1},
    {PYW_FRAME_CHANGED, "CHANGED", 0, 0, 0},
    {PYW_FRAME_UNCHANGED, "UNCHANGED", 0, 0, 0},
};

enum { EXPECTED_TYPES = sizeof(expected_types) / sizeof(expected_types[0]) };

static const expected_type *expected_of(unsigned type)
{
    for (size_t i = 0; i < EXPECTED_TYPES; i++) {
        if (expected_types[i].type == type) {
            return &expected_types[i];
        }
    }
    return NULL;
}

static pyw_result decode(unsigned type, unsigned flags, uint32_t length, pyw_frame_header *out)
{
    pyw_frame_header in = {(uint8_t)type, (uint16_t)flags, length};
    unsigned char bytes[PYW_FRAME_HEADER_SIZE];

    pyw_frame_header_encode(bytes, &in);
    return pyw_frame_header_decode(out, bytes, sizeof(bytes));
}

static void test_header_is_eight_little_endian_bytes(void **state)
{
    static const unsigned char expected[] = {PYW_WIRE_VERSION, 1, 0x34, 0x12, 0xef, 0xcd, 0xab, 0x89};
    unsigned char bytes[PYW_FRAME_HEADER_SIZE];

    pyw_frame_header_encode(bytes, &(pyw_frame_header){PYW_FRAME_REQUEST, 0x1234, 0x89abcdef});
    assert_memory_equal(bytes, expected, sizeof(expected));
}

static void test_fewer_than_eight_bytes_are_not_judged(void **state)
{
    const pyw_vector *bad = pyw_vectors_find("bad-version");
    pyw_frame_header header;

    for (size_t length = 0; length < PYW_FRAME_HEADER_SIZE; length++) {
        assert_int_equal(pyw_frame_header_decode(&header, bad->bytes, length), PYW_AGAIN);
    }
    assert_int_equal(pyw_frame_header_decode(&header, bad->bytes, PYW_FRAME_HEADER_SIZE), PYW_MALFORMED);
}

static void test_every_type_keeps_its_limits(void **state)
{
    pyw_frame_header header;

    for (size_t i = 0; i < EXPECTED_TYPES; i++) {
        const expected_type *type = &expected_types[i];

        assert_int_equal(decode(type->type, 0, type->least, &header), PYW_OK);
        assert_int_equal(decode(type->type, type->flags_most, type->most, &header), PYW_OK);
        assert_int_equal(header.type, type->type);
        assert_int_equal(header.flags, type->flags_most);
        assert_int_equal(header.length, type->most);
        assert_int_equal(decode(type->type, 0, type->most + 1, &header), PYW_MALFORMED);
        assert_int_equal(decode(type->type, 0, UINT32_MAX, &header), PYW_MALFORMED);
        assert_int_equal(decode(type->type, type->flags_most + 1, type->most, &header), PYW_MALFORMED);
        assert_int_equal(decode(type->type, UINT16_MAX, type->most, &header), PYW_MALFORMED);
        if (type->least > 0) {
            assert_int_equal(decode(type->type, 0, type->least - 1, &header), PYW_MALFORMED);
        }
    }
}

static void test_every_other_type_is_malformed(void **state)
{
    pyw_frame_header header;

    for (unsigned type = 0; type < 256; type++) {
        if (expected_of(type) == NULL) {
            assert_int_equal(decode(type, 0, 0, &header), PYW_MALFORMED);
        }
    }
}

static void test_types_have_names(void **state)
{
    for (unsigned type = 0; type < 300; type++) {
        const expected_type *expected = expected_of(type);

        assert_string_equal(pyw_frame_type_name(type), expected != NULL ? expected->name : "unknown");
    }
}

static void test_the_headers_of_all_examples_decode_and_encode(void **state)
{
    unsigned char seen[256] = {0};
    size_t count;
    const pyw_vector *vectors = pyw_vectors_all(&count);

    for (size_t i = 0; i < count; i++) {
        pyw_frame_header header;
        unsigned char bytes[PYW_FRAME_HEADER_SIZE];

        if (pyw_vectors_is_bad(&vectors[i])) {
            continue;
        }
        if (pyw_frame_header_decode(&header, vectors[i].bytes, vectors[i].length) != PYW_OK) {
            fail_msg("%s", vectors[i].name);
        }
        pyw_frame_header_encode(bytes, &header);
        assert_memory_equal(bytes, vectors[i].bytes, sizeof(bytes));
        assert_int_equal(vectors[i].length, PYW_FRAME_HEADER_SIZE + header.length);
        seen[header.type] = 1;
    }
    for (size_t i = 0; i < EXPECTED_TYPES; i++) {
        if (!seen[expected_types[i].type]) {
            fail_msg("docs/internals/WIRE.md has no example of %s", expected_types[i].name);
        }
    }
}

static void test_bad_headers_of_the_page_are_malformed(void **state)
{
    static const char *const names[] = {
        "bad-version",           "bad-version-0",   "bad-type-0",        "bad-type-in-a-gap", "bad-type-beyond-all",
        "bad-type-255",          "bad-data-flag",   "bad-data-empty",    "bad-data-long",     "bad-end-with-payload",
        "bad-end-with-flag",     "bad-head-long",   "bad-request-flag",  "bad-log-level",     "bad-log-long",
        "bad-file-short",        "bad-ready-flag",  "bad-commit-long",   "bad-refused-long",  "bad-error-long",
        "bad-length-that-wraps", "bad-stuck-long",  "bad-stacks-long",   "bad-command-long",  "bad-renew-long",
        "bad-done-long",         "bad-hand-number", "bad-handover-long", "bad-store-end",     "bad-taken-long",
        "bad-profile-short",
    };
    pyw_frame_header header;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const pyw_vector *vector = pyw_vectors_find(names[i]);

        if (pyw_frame_header_decode(&header, vector->bytes, vector->length) != PYW_MALFORMED) {
            fail_msg("%s was taken", names[i]);
        }
    }
}

/* "| 1 | REQUEST | ..." */
static void test_the_tables_of_the_page_name_every_type(void **state)
{
    FILE *page = fopen(PYW_VECTORS_PAGE, "r");
    char line[1024];
    size_t found = 0;

    assert_non_null(page);
    while (fgets(line, sizeof(line), page) != NULL) {
        unsigned type;
        char name[32];

        if (sscanf(line, "| %u | %31[A-Z_] |", &type, name) == 2) {
            assert_string_equal(pyw_frame_type_name(type), name);
            found++;
        }
    }
    fclose(page);
    assert_int_equal(found, EXPECTED_TYPES);
}

static pyw_result scan_in_steps(const char *const *names, size_t step)
{
    pyw_frame_scan scan = {{0}, 0, 0, 0, 0};
    pyw_result result = PYW_AGAIN;

    for (; *names != NULL && result == PYW_AGAIN; names++) {
        const pyw_vector *vector = pyw_vectors_find(*names);

        for (size_t at = 0; at < vector->length && result == PYW_AGAIN; at += step) {
            result = pyw_frame_scan_bytes(&scan, vector->bytes + at,
                                          vector->length - at < step ? vector->length - at : step);
        }
    }
    /* Bytes that are not scanned, because the previous frame has ended the request. */
    assert_null(*names);
    return result;
}

static void test_a_scan_finds_the_frame_that_ends_the_request(void **state)
{
    static const char *const ended[] = {"head-200", "data-hello", "log-error", "file-5-to-12", "end", NULL};
    static const char *const failed[] = {"head-200", "data-hello", "error-504", NULL};
    static const char *const refused[] = {"log-error", "goaway", NULL};
    static const char *const going_on[] = {"interim-103", "head-200", "data-last", NULL};
    static const char *const malformed[] = {"head-200", "bad-version", NULL};

    for (size_t step = 1; step < 300; step += step < 20 ? 1 : 100) {
        assert_int_equal(scan_in_steps(ended, step), PYW_EOF);
        assert_int_equal(scan_in_steps(failed, step), PYW_EOF);
        assert_int_equal(scan_in_steps(refused, step), PYW_EOF);
        assert_int_equal(scan_in_steps(going_on, step), PYW_AGAIN);
        assert_int_equal(scan_in_steps(malformed, step), PYW_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_is_eight_little_endian_bytes),
        cmocka_unit_test(test_fewer_than_eight_bytes_are_not_judged),
        cmocka_unit_test(test_every_type_keeps_its_limits),
        cmocka_unit_test(test_every_other_type_is_malformed),
        cmocka_unit_test(test_types_have_names),
        cmocka_unit_test(test_the_headers_of_all_examples_decode_and_encode),
        cmocka_unit_test(test_bad_headers_of_the_page_are_malformed),
        cmocka_unit_test(test_the_tables_of_the_page_name_every_type),
        cmocka_unit_test(test_a_scan_finds_the_frame_that_ends_the_request),
    };

    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
