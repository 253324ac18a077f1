/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* explicit_bzero */
#endif
#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

static void release_bytes(const pyw_buffer *buffer)
{
    if (buffer->is_secret && buffer->data != NULL) {
        explicit_bzero(buffer->data, buffer->capacity);
    }
    free(buffer->data);
}

/* As realloc(3), but overwrites the old memory. */
static char *grow_bytes(const pyw_buffer *buffer, size_t capacity)
{
    char *data;

    if (!buffer->is_secret) {
        return realloc(buffer->data, capacity);
    }
    data = malloc(capacity);
    if (data != NULL) {
        memcpy(data, buffer->data != NULL ? buffer->data : "", buffer->length);
        release_bytes(buffer);
    }
    return data;
}

void pyw_buffer_free(pyw_buffer *buffer)
{
    release_bytes(buffer);
    *buffer = (pyw_buffer){.is_secret = buffer->is_secret};
}

void pyw_buffer_reset(pyw_buffer *buffer, size_t keep)
{
    if (buffer->capacity > keep || buffer->is_secret) {
        pyw_buffer_free(buffer);
    }
    buffer->length = 0;
    buffer->failed = 0;
}

char *pyw_buffer_reserve(pyw_buffer *buffer, size_t more)
{
    size_t wanted = buffer->length + more;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    char *data;

    if (buffer->failed || wanted < more) {
        buffer->failed = 1;
        return NULL;
    }
    if (wanted <= buffer->capacity) {
        return buffer->data + buffer->length;
    }
    while (capacity < wanted) {
        capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
    }
    data = grow_bytes(buffer, capacity);
    if (data == NULL) {
        buffer->failed = 1;
        return NULL;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return buffer->data + buffer->length;
}

void pyw_buffer_append(pyw_buffer *buffer, const void *data, size_t length)
{
    char *end;

    if (length == 0) {
        return;
    }
    end = pyw_buffer_reserve(buffer, length);
    if (end != NULL) {
        memcpy(end, data, length);
        buffer->length += length;
    }
}

static void append_little_endian(pyw_buffer *buffer, uint64_t value, size_t size)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(value >> (8 * i));
    }
    pyw_buffer_append(buffer, bytes, size);
}

void pyw_buffer_append_u16(pyw_buffer *buffer, uint16_t value)
{
    append_little_endian(buffer, value, 2);
}

void pyw_buffer_append_u32(pyw_buffer *buffer, uint32_t value)
{
    append_little_endian(buffer, value, 4);
}

void pyw_buffer_append_u64(pyw_buffer *buffer, uint64_t value)
{
    append_little_endian(buffer, value, 8);
}

void pyw_buffer_consume(pyw_buffer *buffer, size_t length)
{
    if (length < buffer->length) {
        memmove(buffer->data, buffer->data + length, buffer->length - length);
        buffer->length -= length;
    }
    else {
        buffer->length = 0;
    }
}
