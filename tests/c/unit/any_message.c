/* SPDX-License-Identifier: Apache-2.0 */
#include "any_message.h"

#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

static volatile unsigned touched;

static void touch(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        touched += (unsigned char)bytes[i];
    }
}

static void touch_pairs(const pyw_pairs *pairs)
{
    for (uint32_t i = 0; i < pairs->count; i++) {
        touch(pairs->items[i].name, pairs->items[i].name_length);
        touch(pairs->items[i].value, pairs->items[i].value_length);
    }
}

static pyw_result decode_request(pyw_pairs *pairs, const char *bytes, size_t length)
{
    pyw_message_request request;
    pyw_result result = pyw_message_request_decode(&request, pairs, bytes, length);

    if (result == PYW_OK) {
        touched +=
            (unsigned)(strlen(request.target) + strlen(request.callable) + strlen(request.group) + strlen(request.id));
    }
    return result;
}

static pyw_result decode_head(pyw_pairs *pairs, const char *bytes, size_t length)
{
    pyw_message_head head;
    pyw_result result = pyw_message_head_decode(&head, pairs, bytes, length);

    if (result == PYW_OK) {
        touch(head.reason, head.reason_length);
    }
    return result;
}

static pyw_result decode(const pyw_frame_header *header, pyw_pairs *pairs, const char *bytes, size_t length)
{
    uint64_t offset;
    uint64_t file_length;
    uint16_t status;

    switch (header->type) {
    case PYW_FRAME_REQUEST:
        return decode_request(pairs, bytes, length);
    case PYW_FRAME_HEAD:
    case PYW_FRAME_INTERIM:
        return decode_head(pairs, bytes, length);
    case PYW_FRAME_FILE:
        return pyw_message_file_decode(&offset, &file_length, bytes, length);
    case PYW_FRAME_ERROR:
        return pyw_message_error_decode(&status, bytes, length);
    case PYW_FRAME_GROUP:
    case PYW_FRAME_COMMIT:
    case PYW_FRAME_HERITAGE:
    case PYW_FRAME_OPTIONS:
    case PYW_FRAME_COMMAND:
    case PYW_FRAME_ROW:
        return pyw_message_pairs_decode(pairs, bytes, length);
    default:
        touch(bytes, length);
        return PYW_OK;
    }
}

pyw_result pyw_any_message_decode(const pyw_frame_header *header, const char *bytes, size_t length)
{
    pyw_pairs pairs = {0};
    pyw_result result = decode(header, &pairs, bytes, length);

    if (result == PYW_OK) {
        touch_pairs(&pairs);
    }
    pyw_pairs_free(&pairs);
    return result;
}

pyw_result pyw_any_frame_decode(const unsigned char *bytes, size_t length)
{
    pyw_frame_header header;
    pyw_result result = pyw_frame_header_decode(&header, bytes, length);

    if (result != PYW_OK) {
        return result;
    }
    if (length - PYW_FRAME_HEADER_SIZE != header.length) {
        return length - PYW_FRAME_HEADER_SIZE < header.length ? PYW_AGAIN : PYW_MALFORMED;
    }
    return pyw_any_message_decode(&header, (const char *)bytes + PYW_FRAME_HEADER_SIZE, header.length);
}
