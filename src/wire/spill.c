/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/spill.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/os/temp_file.h"

static size_t left_in(const pyw_buffer *buffer, size_t used)
{
    return buffer->length - used;
}

static uint64_t left_in_file(const pyw_spill *spill)
{
    return (uint64_t)(spill->file_end - spill->file_start);
}

int pyw_spill_is_empty(const pyw_spill *spill)
{
    return left_in(&spill->memory, spill->memory_used) == 0 && left_in_file(spill) == 0 &&
           left_in(&spill->rest, spill->rest_used) == 0;
}

/* While the file has unread bytes, new bytes must follow them. */
static int fits_memory(const pyw_spill *spill)
{
    return left_in_file(spill) == 0 && spill->memory.length < spill->memory_limit;
}

uint64_t pyw_spill_room(const pyw_spill *spill)
{
    if (spill->error) {
        return 0;
    }
    if (fits_memory(spill)) {
        return spill->memory_limit - spill->memory.length;
    }
    return (uint64_t)spill->file_end < spill->file_limit ? spill->file_limit - (uint64_t)spill->file_end : 0;
}

/* Never creates a file where the limits allow none. */
void pyw_spill_extend(pyw_spill *spill, size_t by)
{
    if (left_in_file(spill) > 0) {
        spill->file_limit += by;
    }
    else {
        spill->memory_limit += by;
    }
}

static int put_into(pyw_buffer *buffer, const void *data, size_t length)
{
    pyw_buffer_append(buffer, data, length);
    return !buffer->failed;
}

static int open_file(pyw_spill *spill)
{
    if (!spill->has_file) {
        spill->fd = pyw_temp_file_open(spill->directory);
        spill->has_file = spill->fd >= 0;
    }
    return spill->has_file;
}

int pyw_spill_put(pyw_spill *spill, const void *data, size_t length)
{
    if (fits_memory(spill)) {
        return put_into(&spill->memory, data, length);
    }
    if (!open_file(spill)) {
        spill->error = errno;
        return put_into(&spill->rest, data, length);
    }
    /* An explicit offset: a failed attempt may have written part of its bytes. */
    spill->error = pyw_temp_file_write_at(spill->fd, data, length, spill->file_end);
    if (spill->error) {
        return put_into(&spill->rest, data, length);
    }
    spill->file_end += (off_t)length;
    return 1;
}

static size_t take_from(pyw_buffer *buffer, size_t *used, void *to, size_t size)
{
    size_t length = left_in(buffer, *used);

    length = length < size ? length : size;
    memcpy(to, buffer->data + *used, length);
    *used += length;
    if (*used == buffer->length) {
        buffer->length = 0;
        *used = 0;
    }
    return length;
}

static ssize_t take_from_file(pyw_spill *spill, void *to, size_t size)
{
    ssize_t got;

    size = left_in_file(spill) < size ? (size_t)left_in_file(spill) : size;
    do {
        got = pread(spill->fd, to, size, spill->file_start);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        errno = got < 0 ? errno : EIO;
        return -1;
    }
    spill->file_start += got;
    if (spill->file_start == spill->file_end) {
        /* Frees the disk's blocks; new bytes go to memory again. */
        spill->error = ftruncate(spill->fd, 0) == 0 ? spill->error : errno;
        spill->file_start = 0;
        spill->file_end = 0;
    }
    return got;
}

ssize_t pyw_spill_take(pyw_spill *spill, void *to, size_t size)
{
    if (left_in(&spill->memory, spill->memory_used) > 0) {
        return (ssize_t)take_from(&spill->memory, &spill->memory_used, to, size);
    }
    if (left_in_file(spill) > 0) {
        return take_from_file(spill, to, size);
    }
    if (left_in(&spill->rest, spill->rest_used) > 0) {
        return (ssize_t)take_from(&spill->rest, &spill->rest_used, to, size);
    }
    return 0;
}

void pyw_spill_clear(pyw_spill *spill)
{
    if (spill->has_file) {
        close(spill->fd);
    }
    pyw_buffer_free(&spill->memory);
    pyw_buffer_free(&spill->rest);
    spill->memory_used = 0;
    spill->rest_used = 0;
    spill->has_file = 0;
    spill->file_start = 0;
    spill->file_end = 0;
    spill->error = 0;
}
