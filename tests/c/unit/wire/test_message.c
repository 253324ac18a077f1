/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdlib.h>
#include <string.h>

#include "any_message.h"
#include "scarce_memory.h"
#include "vectors.h"
#include "wire/frame.h"
#include "wire/message.h"

static const char *payload_of(const char *name, size_t *length)
{
    const pyw_vector *vector = pyw_vectors_find(name);

    *length = vector->length - PYW_FRAME_HEADER_SIZE;
    return (const char *)vector->bytes + PYW_FRAME_HEADER_SIZE;
}

static void assert_payload(const pyw_buffer *buffer, const char *name)
{
    size_t length;
    const char *payload = payload_of(name, &length);

    assert_false(buffer->failed);
    assert_int_equal(buffer->length, length);
    assert_memory_equal(buffer->data, payload, length);
}

static void assert_pair(const pyw_pair *pair, const char *name, const char *value)
{
    assert_int_equal(pair->name_length, strlen(name));
    assert_memory_equal(pair->name, name, pair->name_length);
    assert_int_equal(pair->value_length, strlen(value));
    assert_memory_equal(pair->value, value, pair->value_length);
}

/* A heap copy of the exact size, so that sanitizers and valgrind detect reads beyond the end. */
static pyw_result decode_exactly(const unsigned char *bytes, size_t length)
{
    unsigned char *copy = malloc(length);
    pyw_result result;

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    result = pyw_any_frame_decode(copy, length);
    free(copy);
    return result;
}

static void test_every_good_example_is_taken_and_every_bad_one_refused(void **state)
{
    size_t count;
    const pyw_vector *vectors = pyw_vectors_all(&count);

    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        pyw_result expected = pyw_vectors_is_bad(&vectors[i]) ? PYW_MALFORMED : PYW_OK;

        if (decode_exactly(vectors[i].bytes, vectors[i].length) != expected) {
            fail_msg("%s should be %s", vectors[i].name, pyw_result_name(expected));
        }
    }
}

/* The payload alone, truncated at every byte, and with one byte too many. */
static void test_no_payload_of_another_length_is_taken(void **state)
{
    static const char *const names[] = {"request-get",  "request-post-module", "head-200",       "interim-103",
                                        "file-5-to-12", "error-504",           "group-blog",     "commit",
                                        "heritage",     "command-reload",      "row-of-a-worker"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const pyw_vector *vector = pyw_vectors_find(names[i]);
        size_t whole = vector->length - PYW_FRAME_HEADER_SIZE;
        pyw_frame_header header;

        assert_int_equal(pyw_frame_header_decode(&header, vector->bytes, vector->length), PYW_OK);
        for (size_t length = 0; length <= whole + 1; length++) {
            char *copy = calloc(1, length + 1);
            pyw_result expected = length == whole ? PYW_OK : PYW_MALFORMED;

            assert_non_null(copy);
            memcpy(copy, vector->bytes + PYW_FRAME_HEADER_SIZE, length < whole ? length : whole);
            if (pyw_any_message_decode(&header, copy, length) != expected) {
                fail_msg("%s: %zu of %zu bytes should be %s", names[i], length, whole, pyw_result_name(expected));
            }
            free(copy);
        }
    }
}

static void test_request_round_trip(void **state)
{
    const pyw_pair environ_pairs[] = {{"REQUEST_METHOD", "GET", 14, 3}, {"PATH_INFO", "/", 9, 1}};
    const pyw_message_request request = {0, 1, 1, 0, 0, 0, 1000000, 6000, "/srv/b.wsgi", "application", "", "Zq8"};
    pyw_message_request decoded;
    pyw_pairs pairs = {0};
    pyw_buffer buffer = {0};

    pyw_message_request_encode(&buffer, &request, environ_pairs, 2);
    assert_payload(&buffer, "request-get");
    assert_int_equal(pyw_message_request_decode(&decoded, &pairs, buffer.data, buffer.length), PYW_OK);
    assert_int_equal(decoded.target_kind, 0);
    assert_int_equal(decoded.group_is_default, 1);
    assert_int_equal(decoded.reloading, 1);
    assert_string_equal(decoded.target, "/srv/b.wsgi");
    assert_string_equal(decoded.callable, "application");
    assert_string_equal(decoded.group, "");
    assert_int_equal(decoded.interrupts_gone, 0);
    assert_int_equal(decoded.ignored, 0);
    assert_int_equal(decoded.arrival, 1000000);
    assert_int_equal(decoded.deadline, 6000);
    assert_string_equal(decoded.id, "Zq8");
    assert_int_equal(pairs.count, 2);
    assert_pair(&pairs.items[0], "REQUEST_METHOD", "GET");
    assert_pair(&pairs.items[1], "PATH_INFO", "/");
    pyw_pairs_free(&pairs);
    pyw_buffer_free(&buffer);
}

static void test_request_of_a_module_without_environ(void **state)
{
    const pyw_message_request request = {1, 0, 0, 1, 0, 1, 1, 0, "shop", "app", "g", ""};
    pyw_message_request decoded;
    pyw_pairs pairs = {0};
    pyw_buffer buffer = {0};

    pyw_message_request_encode(&buffer, &request, NULL, 0);
    assert_payload(&buffer, "request-post-module");
    assert_int_equal(pyw_message_request_decode(&decoded, &pairs, buffer.data, buffer.length), PYW_OK);
    assert_int_equal(decoded.target_kind, 1);
    assert_int_equal(decoded.group_is_default, 0);
    assert_int_equal(decoded.reloading, 0);
    assert_string_equal(decoded.group, "g");
    assert_int_equal(decoded.interrupts_gone, 1);
    assert_int_equal(decoded.ignored, 1);
    assert_int_equal(decoded.arrival, 1);
    assert_int_equal(decoded.deadline, 0);
    assert_string_equal(decoded.id, "");
    assert_int_equal(pairs.count, 0);
    pyw_pairs_free(&pairs);
    pyw_buffer_free(&buffer);
}

static void test_request_for_a_function(void **state)
{
    const pyw_message_request request = {0, 0, 1, 0, 1, 0, 1000000, 6000, "/srv/a.py", "check_password", "", ""};
    pyw_message_request decoded;
    pyw_pairs pairs = {0};
    pyw_buffer buffer = {0};

    pyw_message_request_encode(&buffer, &request, NULL, 0);
    assert_payload(&buffer, "request-function");
    assert_int_equal(pyw_message_request_decode(&decoded, &pairs, buffer.data, buffer.length), PYW_OK);
    assert_int_equal(decoded.is_function, 1);
    assert_int_equal(decoded.reloading, 1);
    assert_int_equal(decoded.interrupts_gone, 0);
    assert_string_equal(decoded.callable, "check_password");
    pyw_pairs_free(&pairs);
    pyw_buffer_free(&buffer);
}

static void test_head_round_trip(void **state)
{
    const pyw_pair headers[] = {{"Content-Type", "a/b", 12, 3}};
    const pyw_message_head head = {200, 0x4240, "OK", 2};
    pyw_message_head decoded;
    pyw_pairs pairs = {0};
    pyw_buffer buffer = {0};

    pyw_message_head_encode(&buffer, &head, headers, 1);
    assert_payload(&buffer, "head-200");
    assert_int_equal(pyw_message_head_decode(&decoded, &pairs, buffer.data, buffer.length), PYW_OK);
    assert_int_equal(decoded.status, 200);
    assert_int_equal(decoded.stamp, 0x4240);
    assert_int_equal(decoded.reason_length, 2);
    assert_memory_equal(decoded.reason, "OK", 2);
    assert_int_equal(pairs.count, 1);
    assert_pair(&pairs.items[0], "Content-Type", "a/b");
    pyw_pairs_free(&pairs);
    pyw_buffer_free(&buffer);
}

static void test_interim_is_encoded_as_head(void **state)
{
    const pyw_pair headers[] = {{"Link", "</a.js>", 4, 7}};
    pyw_buffer buffer = {0};

    pyw_message_head_encode(&buffer, &(pyw_message_head){103, 0x4240, "Early Hints", 11}, headers, 1);
    assert_payload(&buffer, "interim-103");
    pyw_buffer_free(&buffer);
}

static void test_head_takes_100_to_599(void **state)
{
    static const struct {
        uint16_t status;
        pyw_result expected;
    } rows[] = {{0, PYW_MALFORMED}, {99, PYW_MALFORMED}, {100, PYW_OK}, {599, PYW_OK}, {600, PYW_MALFORMED}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pyw_message_head decoded;
        pyw_pairs pairs = {0};
        pyw_buffer buffer = {0};

        pyw_message_head_encode(&buffer, &(pyw_message_head){rows[i].status, 1, "", 0}, NULL, 0);
        assert_int_equal(pyw_message_head_decode(&decoded, &pairs, buffer.data, buffer.length), rows[i].expected);
        pyw_pairs_free(&pairs);
        pyw_buffer_free(&buffer);
    }
}

static void test_file_round_trip(void **state)
{
    unsigned char bytes[PYW_MESSAGE_FILE_SIZE];
    uint64_t offset;
    uint64_t length;
    size_t expected_length;
    const char *expected = payload_of("file-5-to-12", &expected_length);

    pyw_message_file_encode(bytes, 5, 7);
    assert_int_equal(expected_length, sizeof(bytes));
    assert_memory_equal(bytes, expected, sizeof(bytes));
    assert_int_equal(pyw_message_file_decode(&offset, &length, (const char *)bytes, sizeof(bytes)), PYW_OK);
    assert_int_equal(offset, 5);
    assert_int_equal(length, 7);
}

static void test_the_end_of_a_file_range_fits_an_off_t(void **state)
{
    static const struct {
        uint64_t offset;
        uint64_t length;
        pyw_result expected;
    } rows[] = {
        {0, 0, PYW_OK},
        {INT64_MAX, 0, PYW_OK},
        {0, INT64_MAX, PYW_OK},
        {1, INT64_MAX - 1, PYW_OK},
        {1, INT64_MAX, PYW_MALFORMED},
        {(uint64_t)INT64_MAX + 1, 0, PYW_MALFORMED},
        {0, (uint64_t)INT64_MAX + 1, PYW_MALFORMED},
        {UINT64_MAX, UINT64_MAX, PYW_MALFORMED},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char bytes[PYW_MESSAGE_FILE_SIZE];
        uint64_t offset;
        uint64_t length;

        pyw_message_file_encode(bytes, rows[i].offset, rows[i].length);
        assert_int_equal(pyw_message_file_decode(&offset, &length, (const char *)bytes, sizeof(bytes)),
                         rows[i].expected);
    }
}

static void test_error_takes_400_to_599(void **state)
{
    static const struct {
        uint16_t status;
        pyw_result expected;
    } rows[] = {{200, PYW_MALFORMED}, {399, PYW_MALFORMED}, {400, PYW_OK}, {599, PYW_OK}, {600, PYW_MALFORMED}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char bytes[PYW_MESSAGE_ERROR_SIZE];
        uint16_t status;

        pyw_message_error_encode(bytes, rows[i].status);
        assert_int_equal(pyw_message_error_decode(&status, (const char *)bytes, sizeof(bytes)), rows[i].expected);
        assert_int_equal(status, rows[i].status);
    }
}

static void test_error_is_encoded_as_on_the_page(void **state)
{
    unsigned char bytes[PYW_MESSAGE_ERROR_SIZE];
    size_t length;
    const char *expected = payload_of("error-504", &length);

    pyw_message_error_encode(bytes, 504);
    assert_int_equal(length, sizeof(bytes));
    assert_memory_equal(bytes, expected, sizeof(bytes));
}

static void test_a_profile_is_limited_in_time_and_rate(void **state)
{
    static const struct {
        pyw_message_profile profile;
        pyw_result expected;
    } rows[] = {{{1, 1}, PYW_OK},          {{600, 1000}, PYW_OK},   {{0, 1}, PYW_MALFORMED},
                {{601, 1}, PYW_MALFORMED}, {{1, 0}, PYW_MALFORMED}, {{1, 1001}, PYW_MALFORMED}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char bytes[PYW_MESSAGE_PROFILE_SIZE + 1] = {0};
        pyw_message_profile profile;

        pyw_message_profile_encode(bytes, &rows[i].profile);
        assert_int_equal(pyw_message_profile_decode(&profile, (const char *)bytes, PYW_MESSAGE_PROFILE_SIZE),
                         rows[i].expected);
        assert_int_equal(profile.seconds, rows[i].profile.seconds);
        assert_int_equal(profile.rate, rows[i].profile.rate);
        assert_int_equal(pyw_message_profile_decode(&profile, (const char *)bytes, sizeof(bytes)), PYW_MALFORMED);
        assert_int_equal(pyw_message_profile_decode(&profile, (const char *)bytes, 3), PYW_MALFORMED);
    }
}

static void test_profile_is_encoded_as_on_the_page(void **state)
{
    static const pyw_message_profile profile = {10, 100};
    unsigned char bytes[PYW_MESSAGE_PROFILE_SIZE];
    size_t length;
    const char *expected = payload_of("profile", &length);

    pyw_message_profile_encode(bytes, &profile);
    assert_int_equal(length, sizeof(bytes));
    assert_memory_equal(bytes, expected, sizeof(bytes));
}

static void test_pairs_round_trip_and_are_found_by_name(void **state)
{
    pyw_pairs pairs = {0};
    pyw_buffer buffer = {0};
    uint32_t length;

    assert_true(pyw_pairs_add_text(&pairs, "name", "blog"));
    assert_true(pyw_pairs_add_text(&pairs, "threads", "15"));
    pyw_message_pairs_encode(&buffer, pairs.items, pairs.count);
    assert_payload(&buffer, "group-blog");
    assert_int_equal(pyw_message_pairs_decode(&pairs, buffer.data, buffer.length), PYW_OK);
    assert_int_equal(pairs.count, 2);
    assert_memory_equal(pyw_pairs_get(&pairs, "threads", &length), "15", 2);
    assert_int_equal(length, 2);
    assert_null(pyw_pairs_get(&pairs, "thread", &length));
    assert_null(pyw_pairs_get(&pairs, "mane", &length));
    pyw_pairs_free(&pairs);
    pyw_buffer_free(&buffer);
}

static void test_the_first_pair_of_a_name_is_found(void **state)
{
    pyw_pairs pairs = {0};
    uint32_t length;

    pyw_pairs_add_text(&pairs, "env", "A=1");
    pyw_pairs_add_text(&pairs, "env", "B=2");
    assert_memory_equal(pyw_pairs_get(&pairs, "env", &length), "A=1", 3);
    pyw_pairs_free(&pairs);
}

static void test_many_pairs_with_any_bytes(void **state)
{
    static const char bytes[] = "\0\xff\n=";
    pyw_pairs pairs = {0};
    pyw_pairs decoded = {0};
    pyw_buffer buffer = {0};

    for (int i = 0; i < 1000; i++) {
        assert_true(pyw_pairs_add(&pairs, bytes, 4, bytes, (size_t)i % 5));
    }
    pyw_message_pairs_encode(&buffer, pairs.items, pairs.count);
    assert_int_equal(pyw_message_pairs_decode(&decoded, buffer.data, buffer.length), PYW_OK);
    assert_int_equal(decoded.count, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(decoded.items[i].name_length, 4);
        assert_memory_equal(decoded.items[i].name, bytes, 4);
        assert_int_equal(decoded.items[i].value_length, i % 5);
        assert_memory_equal(decoded.items[i].value, bytes, i % 5);
    }
    pyw_pairs_free(&decoded);
    pyw_pairs_free(&pairs);
    pyw_buffer_free(&buffer);
}

static void test_a_refused_message_leaves_no_pairs(void **state)
{
    pyw_pairs pairs = {0};
    pyw_message_request request;
    pyw_message_head head;
    size_t length;
    const char *payload = payload_of("bad-head-value-cut", &length);

    pyw_pairs_add_text(&pairs, "of", "before");
    assert_int_equal(pyw_message_head_decode(&head, &pairs, payload, length), PYW_MALFORMED);
    assert_int_equal(pairs.count, 0);
    pyw_pairs_add_text(&pairs, "of", "before");
    payload = payload_of("bad-request-kind", &length);
    assert_int_equal(pyw_message_request_decode(&request, &pairs, payload, length), PYW_MALFORMED);
    assert_int_equal(pairs.count, 0);
    pyw_pairs_add_text(&pairs, "of", "before");
    payload = payload_of("bad-group-pair-cut", &length);
    assert_int_equal(pyw_message_pairs_decode(&pairs, payload, length), PYW_MALFORMED);
    assert_int_equal(pairs.count, 0);
    pyw_pairs_free(&pairs);
}

static void test_lengths_and_counts_that_do_not_fit_are_refused(void **state)
{
    pyw_pairs pairs = {0};
    size_t too_long = (size_t)UINT32_MAX + 1;

    assert_false(pyw_pairs_add(&pairs, "n", too_long, "v", 1));
    assert_false(pyw_pairs_add(&pairs, "n", 1, "v", too_long));
    pairs.count = UINT32_MAX / 2 + 1;
    assert_false(pyw_pairs_add(&pairs, "n", 1, "v", 1));
    pairs.count = 0;
    assert_null(pairs.items);
}

static void test_no_memory_is_a_local_failure(void **state)
{
    pyw_pairs pairs = {0};
    pyw_buffer buffer = {0};
    const pyw_pair pair = {"n", "v", 1, 1};
    size_t length;
    const char *payload = payload_of("group-blog", &length);

    pyw_scarce_memory_fail_after(0);
    assert_false(pyw_pairs_add_text(&pairs, "n", "v"));
    assert_true(pyw_scarce_memory_end());
    pyw_scarce_memory_fail_after(0);
    assert_int_equal(pyw_message_pairs_decode(&pairs, payload, length), PYW_FAILED);
    assert_true(pyw_scarce_memory_end());
    pyw_scarce_memory_fail_after(0);
    pyw_message_pairs_encode(&buffer, &pair, 1);
    assert_true(pyw_scarce_memory_end());
    assert_true(buffer.failed);
    assert_int_equal(buffer.length, 0);
    pyw_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_good_example_is_taken_and_every_bad_one_refused),
        cmocka_unit_test(test_no_payload_of_another_length_is_taken),
        cmocka_unit_test(test_request_round_trip),
        cmocka_unit_test(test_request_of_a_module_without_environ),
        cmocka_unit_test(test_request_for_a_function),
        cmocka_unit_test(test_head_round_trip),
        cmocka_unit_test(test_interim_is_encoded_as_head),
        cmocka_unit_test(test_head_takes_100_to_599),
        cmocka_unit_test(test_file_round_trip),
        cmocka_unit_test(test_the_end_of_a_file_range_fits_an_off_t),
        cmocka_unit_test(test_error_takes_400_to_599),
        cmocka_unit_test(test_error_is_encoded_as_on_the_page),
        cmocka_unit_test(test_a_profile_is_limited_in_time_and_rate),
        cmocka_unit_test(test_profile_is_encoded_as_on_the_page),
        cmocka_unit_test(test_pairs_round_trip_and_are_found_by_name),
        cmocka_unit_test(test_the_first_pair_of_a_name_is_found),
        cmocka_unit_test(test_many_pairs_with_any_bytes),
        cmocka_unit_test(test_a_refused_message_leaves_no_pairs),
        cmocka_unit_test(test_lengths_and_counts_that_do_not_fit_are_refused),
        cmocka_unit_test(test_no_memory_is_a_local_failure),
    };

    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
