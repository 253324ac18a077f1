/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum {
    REQUEST_GROUP_IS_DEFAULT = 1,
    REQUEST_RELOADING = 2,
    REQUEST_INTERRUPTS_GONE = 4,
    REQUEST_FUNCTION = 8,
    REQUEST_IGNORED = 16,
    REQUEST_FLAGS = 31
};

/* pyw_target_kind: 0 is a script, 1 a module. */
enum { TARGET_KIND_MOST = 1 };

/* A pair has at least its two lengths. This limits a count before memory is allocated for it. */
enum { PAIR_SIZE_LEAST = 8 };

/* Reads from the front. After its first read beyond the end a cursor stays `short_of` and yields zeros. */
typedef struct cursor {
    const char *bytes;
    size_t left;
    int short_of;
} cursor;

static const char *take_bytes(cursor *from, size_t length)
{
    const char *bytes = from->bytes;

    if (from->short_of || length > from->left) {
        from->short_of = 1;
        return NULL;
    }
    from->bytes += length;
    from->left -= length;
    return bytes;
}

static uint64_t take_number(cursor *from, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)take_bytes(from, size);
    uint64_t value = 0;

    if (bytes == NULL) {
        return 0;
    }
    for (size_t i = size; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

static uint32_t take_u32(cursor *from)
{
    return (uint32_t)take_number(from, 4);
}

void pyw_pairs_free(pyw_pairs *pairs)
{
    free(pairs->items);
    memset(pairs, 0, sizeof(*pairs));
}

int pyw_pairs_reserve(pyw_pairs *pairs, uint32_t capacity)
{
    pyw_pair *items;

    if (capacity <= pairs->capacity) {
        return 1;
    }
    items = reallocarray(pairs->items, capacity, sizeof(*items));
    if (items == NULL) {
        return 0;
    }
    pairs->items = items;
    pairs->capacity = capacity;
    return 1;
}

int pyw_pairs_add(pyw_pairs *pairs, const char *name, size_t name_length, const char *value, size_t value_length)
{
    pyw_pair *pair;

    if (name_length > UINT32_MAX || value_length > UINT32_MAX || pairs->count > UINT32_MAX / 2) {
        return 0;
    }
    if (pairs->count == pairs->capacity && !pyw_pairs_reserve(pairs, pairs->count ? pairs->count * 2 : 64)) {
        return 0;
    }
    pair = &pairs->items[pairs->count++];
    pair->name = name;
    pair->name_length = (uint32_t)name_length;
    pair->value = value;
    pair->value_length = (uint32_t)value_length;
    return 1;
}

int pyw_pairs_add_text(pyw_pairs *pairs, const char *name, const char *value)
{
    return pyw_pairs_add(pairs, name, strlen(name), value, strlen(value));
}

const char *pyw_pairs_get(const pyw_pairs *pairs, const char *name, uint32_t *length)
{
    size_t name_length = strlen(name);

    for (uint32_t i = 0; i < pairs->count; i++) {
        const pyw_pair *pair = &pairs->items[i];

        if (pair->name_length == name_length && memcmp(pair->name, name, name_length) == 0) {
            *length = pair->value_length;
            return pair->value;
        }
    }
    return NULL;
}

void pyw_message_pairs_encode(pyw_buffer *out, const pyw_pair *items, uint32_t count)
{
    size_t total = 4;

    for (uint32_t i = 0; i < count; i++) {
        total += (size_t)PAIR_SIZE_LEAST + items[i].name_length + items[i].value_length;
    }
    if (pyw_buffer_reserve(out, total) == NULL) {
        return;
    }
    pyw_buffer_append_u32(out, count);
    for (uint32_t i = 0; i < count; i++) {
        pyw_buffer_append_u32(out, items[i].name_length);
        pyw_buffer_append_u32(out, items[i].value_length);
        pyw_buffer_append(out, items[i].name, items[i].name_length);
        pyw_buffer_append(out, items[i].value, items[i].value_length);
    }
}

/* Pairs end every message, so bytes behind them are malformed. */
static pyw_result take_pairs(cursor *from, pyw_pairs *pairs)
{
    uint32_t count = take_u32(from);

    pairs->count = 0;
    if (count > from->left / PAIR_SIZE_LEAST) {
        return PYW_MALFORMED;
    }
    if (!pyw_pairs_reserve(pairs, count)) {
        return PYW_FAILED;
    }
    for (uint32_t i = 0; i < count; i++) {
        pyw_pair *pair = &pairs->items[i];

        pair->name_length = take_u32(from);
        pair->value_length = take_u32(from);
        pair->name = take_bytes(from, pair->name_length);
        pair->value = take_bytes(from, pair->value_length);
    }
    if (from->short_of || from->left != 0) {
        return PYW_MALFORMED;
    }
    pairs->count = count;
    return PYW_OK;
}

pyw_result pyw_message_pairs_decode(pyw_pairs *pairs, const char *bytes, size_t length)
{
    cursor from = {bytes, length, 0};

    return take_pairs(&from, pairs);
}

static void append_string(pyw_buffer *out, const char *text)
{
    size_t length = strlen(text);

    pyw_buffer_append_u32(out, (uint32_t)length);
    pyw_buffer_append(out, text, length + 1);
}

/* NULL if the string is truncated, or does not have its only NUL at the end. */
static const char *take_string(cursor *from)
{
    uint32_t length = take_u32(from);
    const char *text = take_bytes(from, (size_t)length + 1);

    if (text == NULL || memchr(text, '\0', (size_t)length + 1) != text + length) {
        return NULL;
    }
    return text;
}

void pyw_message_request_encode(pyw_buffer *out, const pyw_message_request *request, const pyw_pair *environ_pairs,
                                uint32_t count)
{
    const int flags = (request->group_is_default ? REQUEST_GROUP_IS_DEFAULT : 0) |
                      (request->reloading ? REQUEST_RELOADING : 0) |
                      (request->interrupts_gone ? REQUEST_INTERRUPTS_GONE : 0) |
                      (request->is_function ? REQUEST_FUNCTION : 0) | (request->ignored ? REQUEST_IGNORED : 0);
    const char start[4] = {(char)request->target_kind, (char)flags, 0, 0};

    pyw_buffer_append(out, start, sizeof(start));
    pyw_buffer_append_u64(out, request->arrival);
    pyw_buffer_append_u64(out, request->deadline);
    append_string(out, request->target);
    append_string(out, request->callable);
    append_string(out, request->group);
    append_string(out, request->id);
    pyw_message_pairs_encode(out, environ_pairs, count);
}

pyw_result pyw_message_request_decode(pyw_message_request *request, pyw_pairs *environ_pairs, const char *bytes,
                                      size_t length)
{
    cursor from = {bytes, length, 0};
    unsigned flags;

    environ_pairs->count = 0;
    request->target_kind = (uint8_t)take_number(&from, 1);
    flags = (unsigned)take_number(&from, 1);
    if (request->target_kind > TARGET_KIND_MOST || flags > REQUEST_FLAGS || take_number(&from, 2) != 0) {
        return PYW_MALFORMED;
    }
    request->group_is_default = (flags & REQUEST_GROUP_IS_DEFAULT) != 0;
    request->reloading = (flags & REQUEST_RELOADING) != 0;
    request->interrupts_gone = (flags & REQUEST_INTERRUPTS_GONE) != 0;
    request->is_function = (flags & REQUEST_FUNCTION) != 0;
    request->ignored = (flags & REQUEST_IGNORED) != 0;
    request->arrival = take_number(&from, 8);
    request->deadline = take_number(&from, 8);
    request->target = take_string(&from);
    request->callable = take_string(&from);
    request->group = take_string(&from);
    request->id = take_string(&from);
    if (request->target == NULL || request->callable == NULL || request->group == NULL || request->id == NULL) {
        return PYW_MALFORMED;
    }
    return take_pairs(&from, environ_pairs);
}

void pyw_message_head_encode(pyw_buffer *out, const pyw_message_head *head, const pyw_pair *headers, uint32_t count)
{
    pyw_buffer_append_u16(out, head->status);
    pyw_buffer_append_u16(out, head->stamp);
    pyw_buffer_append_u32(out, head->reason_length);
    pyw_buffer_append(out, head->reason, head->reason_length);
    pyw_message_pairs_encode(out, headers, count);
}

pyw_result pyw_message_head_decode(pyw_message_head *head, pyw_pairs *headers, const char *bytes, size_t length)
{
    cursor from = {bytes, length, 0};

    headers->count = 0;
    head->status = (uint16_t)take_number(&from, 2);
    head->stamp = (uint16_t)take_number(&from, 2);
    if (head->status < 100 || head->status > 599) {
        return PYW_MALFORMED;
    }
    head->reason_length = take_u32(&from);
    head->reason = take_bytes(&from, head->reason_length);
    return take_pairs(&from, headers);
}

static uint64_t off_t_most(void)
{
    return ((uint64_t)1 << (8 * sizeof(off_t) - 1)) - 1;
}

void pyw_message_file_encode(unsigned char out[PYW_MESSAGE_FILE_SIZE], uint64_t offset, uint64_t length)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (unsigned char)(offset >> (8 * i));
        out[8 + i] = (unsigned char)(length >> (8 * i));
    }
}

pyw_result pyw_message_file_decode(uint64_t *offset, uint64_t *file_length, const char *bytes, size_t length)
{
    cursor from = {bytes, length, 0};

    *offset = take_number(&from, 8);
    *file_length = take_number(&from, 8);
    if (from.short_of || from.left != 0) {
        return PYW_MALFORMED;
    }
    if (*offset > off_t_most() || *file_length > off_t_most() - *offset) {
        return PYW_MALFORMED;
    }
    return PYW_OK;
}

void pyw_message_error_encode(unsigned char out[PYW_MESSAGE_ERROR_SIZE], uint16_t status)
{
    out[0] = (unsigned char)status;
    out[1] = (unsigned char)(status >> 8);
}

pyw_result pyw_message_error_decode(uint16_t *status, const char *bytes, size_t length)
{
    cursor from = {bytes, length, 0};

    *status = (uint16_t)take_number(&from, 2);
    return from.left == 0 && *status >= 400 && *status <= 599 ? PYW_OK : PYW_MALFORMED;
}

void pyw_message_profile_encode(unsigned char out[PYW_MESSAGE_PROFILE_SIZE], const pyw_message_profile *profile)
{
    out[0] = (unsigned char)profile->seconds;
    out[1] = (unsigned char)(profile->seconds >> 8);
    out[2] = (unsigned char)profile->rate;
    out[3] = (unsigned char)(profile->rate >> 8);
}

static int is_in_range(uint16_t value, int most)
{
    return value >= 1 && value <= most;
}

pyw_result pyw_message_profile_decode(pyw_message_profile *profile, const char *bytes, size_t length)
{
    cursor from = {bytes, length, 0};

    profile->seconds = (uint16_t)take_number(&from, 2);
    profile->rate = (uint16_t)take_number(&from, 2);
    return from.left == 0 && is_in_range(profile->seconds, PYW_PROFILE_SECONDS_MOST) &&
                   is_in_range(profile->rate, PYW_PROFILE_RATE_MOST)
               ? PYW_OK
               : PYW_MALFORMED;
}
