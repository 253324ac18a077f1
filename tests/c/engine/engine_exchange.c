/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_exchange.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static memory_exchange *ours(pyw_exchange *exchange)
{
    return (memory_exchange *)(void *)exchange;
}

static pyw_result memory_read(pyw_exchange *exchange, void *buffer, size_t size, size_t *got, unsigned flags)
{
    memory_exchange *self = ours(exchange);
    size_t left = self->body_length - self->body_read;

    *got = 0;
    if ((flags & PYW_READ_NOWAIT) && self->body_read >= self->at_hand) {
        return PYW_AGAIN;
    }
    self->waits += !(flags & PYW_READ_NOWAIT);
    if (self->sent_before_read < 0) {
        self->sent_before_read = (int)self->content.length;
    }
    if (left == 0) {
        return self->read_end;
    }
    *got = left < size ? left : size;
    if (self->read_most > 0 && *got > self->read_most) {
        *got = self->read_most;
    }
    memcpy(buffer, self->body + self->body_read, *got);
    self->body_read += *got;
    return PYW_OK;
}

static void take_head(memory_exchange *self, const pyw_head *head)
{
    if (head == NULL) {
        return;
    }
    self->heads++;
    self->status = head->status;
    pyw_buffer_append(&self->reason, head->reason, head->reason_length);
    for (uint32_t i = 0; i < head->count; i++) {
        pyw_buffer_append(&self->headers, head->headers[i].name, head->headers[i].name_length);
        pyw_buffer_append(&self->headers, ": ", 2);
        pyw_buffer_append(&self->headers, head->headers[i].value, head->headers[i].value_length);
        pyw_buffer_append(&self->headers, "\n", 1);
    }
}

/* The common part of all sends: PYW_OK if the bytes may be taken. */
static pyw_result begin_send(memory_exchange *self, unsigned flags)
{
    if ((flags & PYW_SEND_NOWAIT) && self->always_blocks) {
        return PYW_AGAIN;
    }
    if ((flags & PYW_SEND_PARALLEL) && self->parallel_refusals > 0) {
        self->parallel_refusals--;
        return PYW_AGAIN;
    }
    self->parallel_sends += (flags & PYW_SEND_PARALLEL) != 0;
    self->blocking_sends += !(flags & (PYW_SEND_NOWAIT | PYW_SEND_PARALLEL));
    self->sends++;
    return self->gone_after > 0 && self->sends > self->gone_after ? PYW_GONE : PYW_OK;
}

static void end_send(memory_exchange *self, unsigned flags)
{
    if ((flags & (PYW_SEND_LAST | PYW_SEND_END)) && self->last_after < 0) {
        self->last_after = (int)self->content.length;
    }
    self->end_seen |= (flags & PYW_SEND_END) != 0;
}

static pyw_result memory_send(pyw_exchange *exchange, const pyw_head *head, const void *data, size_t length,
                              unsigned flags)
{
    memory_exchange *self = ours(exchange);
    pyw_result result = begin_send(self, flags);

    if (result == PYW_OK) {
        take_head(self, head);
        if (length > 0) {
            pyw_buffer_append(&self->content, data, length);
        }
        end_send(self, flags);
    }
    return result;
}

static pyw_result memory_send_file(pyw_exchange *exchange, const pyw_head *head, int fd, off_t offset, uint64_t length,
                                   unsigned flags)
{
    memory_exchange *self = ours(exchange);
    pyw_result result = begin_send(self, flags);
    char *room;

    if (result != PYW_OK) {
        return result;
    }
    take_head(self, head);
    self->files++;
    room = pyw_buffer_reserve(&self->content, length);
    if (room == NULL || pread(fd, room, length, offset) != (ssize_t)length) {
        return PYW_FAILED;
    }
    self->content.length += length;
    end_send(self, flags);
    return PYW_OK;
}

static pyw_result memory_interim(pyw_exchange *exchange, int status, const pyw_pair *headers, uint32_t count)
{
    return PYW_OK;
}

static pyw_result memory_append_log(pyw_exchange *exchange, pyw_log_level level, const char *text, size_t length,
                                    unsigned flags)
{
    memory_exchange *self = ours(exchange);
    char number[16];
    int digits;

    if ((flags & PYW_SEND_NOWAIT) && self->always_blocks) {
        return PYW_AGAIN;
    }
    digits = snprintf(number, sizeof(number), "<%d> ", (int)level);
    pyw_buffer_append(&self->log, number, (size_t)digits);
    pyw_buffer_append(&self->log, text, length);
    pyw_buffer_append(&self->log, "\n", 1);
    return PYW_OK;
}

/* In these tests an application calls client_gone() to see whether the flusher has run. */
static int memory_client_gone(pyw_exchange *exchange)
{
    return ours(exchange)->read_end == PYW_GONE || ours(exchange)->parallel_sends > 0;
}

static void memory_finish(pyw_exchange *exchange, pyw_outcome outcome, int status)
{
    memory_exchange *self = ours(exchange);

    self->finished++;
    self->outcome = outcome;
    self->error_status = status;
}

static const pyw_exchange_ops operations = {memory_read,       memory_send,        memory_send_file, memory_interim,
                                            memory_append_log, memory_client_gone, memory_finish};

void memory_exchange_init(memory_exchange *self, const char *method, const char *path)
{
    memset(self, 0, sizeof(*self));
    self->base.ops = &operations;
    self->base.environ_pairs = self->pairs;
    self->base.id = "-";
    self->base.arrival = pyw_clock_us();
    self->last_after = self->sent_before_read = -1;
    memory_exchange_pair(self, "REQUEST_METHOD", method);
    memory_exchange_pair(self, "REQUEST_URI", path);
    memory_exchange_pair(self, "SCRIPT_NAME", "");
    memory_exchange_pair(self, "PATH_INFO", path);
    memory_exchange_pair(self, "QUERY_STRING", "");
    memory_exchange_pair(self, "SERVER_NAME", "localhost");
    memory_exchange_pair(self, "SERVER_PORT", "80");
    memory_exchange_pair(self, "SERVER_PROTOCOL", "HTTP/1.1");
    memory_exchange_pair(self, "wsgi.url_scheme", "http");
}

void memory_exchange_free(memory_exchange *self)
{
    pyw_buffer_free(&self->reason);
    pyw_buffer_free(&self->headers);
    pyw_buffer_free(&self->content);
    pyw_buffer_free(&self->log);
}

void memory_exchange_pair(memory_exchange *self, const char *name, const char *value)
{
    pyw_pair *pair = &self->pairs[self->base.environ_count++];

    pair->name = name;
    pair->name_length = (uint32_t)strlen(name);
    pair->value = value;
    pair->value_length = (uint32_t)strlen(value);
}

void memory_exchange_body(memory_exchange *self, const char *body)
{
    self->body = body;
    self->body_length = strlen(body);
    self->base.has_body = 1;
}

static const char *terminated(pyw_buffer *buffer)
{
    char *end = pyw_buffer_reserve(buffer, 1);

    if (end == NULL) {
        return "";
    }
    *end = '\0';
    return buffer->data;
}

const char *memory_content(memory_exchange *self)
{
    return terminated(&self->content);
}

const char *memory_headers(memory_exchange *self)
{
    return terminated(&self->headers);
}

const char *memory_log(memory_exchange *self)
{
    return terminated(&self->log);
}
