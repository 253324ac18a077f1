/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target for the pure half of the protocol. The input is a frame. It is decoded twice: as it is, and with
 * everything after the header as the payload, so that the decoders run even if the length is wrong. An accepted message
 * must give the same bytes when it is encoded again: each message has one form.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "any_message.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_equal(const void *again, size_t again_length, const char *bytes, size_t length)
{
    if (again_length != length || memcmp(again, bytes, length) != 0) {
        abort();
    }
}

static void check_buffer(pyw_buffer *again, const char *bytes, size_t length)
{
    must_equal(again->data, again->length, bytes, length);
    pyw_buffer_free(again);
}

static void check_request(pyw_pairs *pairs, const char *bytes, size_t length)
{
    pyw_message_request request;
    pyw_buffer again = {0};

    if (pyw_message_request_decode(&request, pairs, bytes, length) == PYW_OK) {
        pyw_message_request_encode(&again, &request, pairs->items, pairs->count);
        check_buffer(&again, bytes, length);
    }
}

static void check_head(pyw_pairs *pairs, const char *bytes, size_t length)
{
    pyw_message_head head;
    pyw_buffer again = {0};

    if (pyw_message_head_decode(&head, pairs, bytes, length) == PYW_OK) {
        pyw_message_head_encode(&again, &head, pairs->items, pairs->count);
        check_buffer(&again, bytes, length);
    }
}

static void check_pairs(pyw_pairs *pairs, const char *bytes, size_t length)
{
    pyw_buffer again = {0};

    if (pyw_message_pairs_decode(pairs, bytes, length) == PYW_OK) {
        pyw_message_pairs_encode(&again, pairs->items, pairs->count);
        check_buffer(&again, bytes, length);
    }
}

static void check_fixed(const char *bytes, size_t length)
{
    unsigned char file[PYW_MESSAGE_FILE_SIZE];
    unsigned char error[PYW_MESSAGE_ERROR_SIZE];
    uint64_t offset;
    uint64_t file_length;
    uint16_t status;

    if (pyw_message_file_decode(&offset, &file_length, bytes, length) == PYW_OK) {
        pyw_message_file_encode(file, offset, file_length);
        must_equal(file, sizeof(file), bytes, length);
    }
    if (pyw_message_error_decode(&status, bytes, length) == PYW_OK) {
        pyw_message_error_encode(error, status);
        must_equal(error, sizeof(error), bytes, length);
    }
}

static void check_header(const uint8_t *data, size_t size)
{
    pyw_frame_header header;
    unsigned char again[PYW_FRAME_HEADER_SIZE];

    if (pyw_frame_header_decode(&header, data, size) == PYW_OK) {
        pyw_frame_header_encode(again, &header);
        must_equal(again, sizeof(again), (const char *)data, sizeof(again));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pyw_pairs pairs = {0};

    check_header(data, size);
    pyw_any_frame_decode(data, size);
    if (size > PYW_FRAME_HEADER_SIZE) {
        const char *payload = (const char *)data + PYW_FRAME_HEADER_SIZE;
        size_t length = size - PYW_FRAME_HEADER_SIZE;
        pyw_frame_header header = {data[1], 0, (uint32_t)length};

        pyw_any_message_decode(&header, payload, length);
        check_request(&pairs, payload, length);
        check_head(&pairs, payload, length);
        check_pairs(&pairs, payload, length);
        check_fixed(payload, length);
    }
    pyw_pairs_free(&pairs);
    return 0;
}
