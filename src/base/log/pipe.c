/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log/pipe.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* The level of raw lines, the same as for print() to sys.stderr. */
#define RAW_LEVEL PYW_LOG_ERR

/* Level and '+', after the mark. */
enum { FLAGS = 2 };

size_t pyw_log_pipe_encode(char line[PYW_LOG_PIPE_MOST], pyw_log_level level, long tid, const char *text, size_t length,
                           size_t *taken)
{
    int head = snprintf(line, PYW_LOG_PIPE_MOST, "%c%d.%ld ", PYW_LOG_PIPE_MARK,
                        (int)(level > PYW_LOG_TRACE ? PYW_LOG_TRACE : level), tid);
    size_t used = (size_t)head;

    used += pyw_log_escape_part(line + used, PYW_LOG_PIPE_MOST - used, text, length, taken);
    if (*taken < length) {
        line[FLAGS] = '+';
    }
    line[used++] = '\n';
    return used;
}

/* The part of a text that fills the line, without a truncated character at its end; at least one byte. */
static size_t part_of(const char *text, size_t length)
{
    size_t whole = pyw_utf8_whole(text, length);

    return whole > 0 ? whole : length;
}

static void emit_raw(pyw_log_pipe *pipe, size_t length, pyw_log_pipe_fn *fn, void *baton)
{
    size_t rest = pipe->raw_length - length;

    if (length > 0) {
        fn(baton, RAW_LEVEL, 0, pipe->raw, length);
    }
    memmove(pipe->raw, pipe->raw + length, rest);
    pipe->raw_length = rest;
}

static void end_raw(pyw_log_pipe *pipe, pyw_log_pipe_fn *fn, void *baton)
{
    if (pipe->raw_length > 0 && pipe->raw[pipe->raw_length - 1] == '\r') {
        pipe->raw_length--;
    }
    emit_raw(pipe, pipe->raw_length, fn, baton);
}

static void add_raw(pyw_log_pipe *pipe, const char *data, size_t length, pyw_log_pipe_fn *fn, void *baton)
{
    while (length > 0) {
        size_t room = sizeof(pipe->raw) - pipe->raw_length;
        size_t part = length < room ? length : room;

        memcpy(pipe->raw + pipe->raw_length, data, part);
        pipe->raw_length += part;
        data += part;
        length -= part;
        if (pipe->raw_length == sizeof(pipe->raw)) {
            emit_raw(pipe, part_of(pipe->raw, pipe->raw_length), fn, baton);
        }
    }
}

static void emit_parts(pyw_log_pipe *pipe, pyw_log_pipe_fn *fn, void *baton)
{
    if (pipe->parts_length > 0) {
        fn(baton, pipe->parts_level, pipe->parts_tid, pipe->parts, pipe->parts_length);
    }
    pipe->parts_length = 0;
}

/* If two threads write long records at the same time, one of the records is split. */
static void add_part(pyw_log_pipe *pipe, pyw_log_level level, long tid, const char *text, size_t length,
                     pyw_log_pipe_fn *fn, void *baton)
{
    if (tid != pipe->parts_tid || length > sizeof(pipe->parts) - pipe->parts_length) {
        emit_parts(pipe, fn, baton);
    }
    memcpy(pipe->parts + pipe->parts_length, text, length);
    pipe->parts_length += length;
    pipe->parts_level = level;
    pipe->parts_tid = tid;
}

/* Parses "3.1234 text". NULL: not a record. */
static const char *parse_record(const char *record, size_t length, long *tid)
{
    const char *at = record + FLAGS, *end = record + length;

    if (length < FLAGS || record[0] < '0' || record[0] > '0' + PYW_LOG_TRACE ||
        (record[1] != '+' && record[1] != '.')) {
        return NULL;
    }
    for (*tid = 0; at < end && *at >= '0' && *at <= '9' && *tid < 1L << 31; at++) {
        *tid = *tid * 10 + (*at - '0');
    }
    return at < end && *at == ' ' && *tid > 0 ? at + 1 : NULL;
}

/* A line that begins with the mark but is not a record: a raw line of the application. */
static void end_as_raw(pyw_log_pipe *pipe, pyw_log_pipe_fn *fn, void *baton)
{
    static const char mark = PYW_LOG_PIPE_MARK;

    pipe->is_in_record = 0;
    add_raw(pipe, &mark, 1, fn, baton);
    add_raw(pipe, pipe->record, pipe->record_length, fn, baton);
    pipe->record_length = 0;
}

static void end_record(pyw_log_pipe *pipe, pyw_log_pipe_fn *fn, void *baton)
{
    long tid;
    const char *text = parse_record(pipe->record, pipe->record_length, &tid);
    size_t length = text != NULL ? (size_t)(pipe->record + pipe->record_length - text) : 0;
    pyw_log_level level = (pyw_log_level)(pipe->record[0] - '0');
    int is_continued;

    if (text == NULL) {
        end_as_raw(pipe, fn, baton);
        end_raw(pipe, fn, baton);
        return;
    }
    is_continued = pipe->record[1] == '+';
    if (is_continued || (pipe->parts_length > 0 && pipe->parts_tid == tid)) {
        add_part(pipe, level, tid, text, length, fn, baton);
        if (!is_continued) {
            emit_parts(pipe, fn, baton);
        }
    }
    else if (length > 0) {
        fn(baton, level, tid, text, length);
    }
    pipe->is_in_record = 0;
    pipe->record_length = 0;
}

static size_t find_end(const char *data, size_t length)
{
    size_t at = 0;

    while (at < length && data[at] != '\n' && data[at] != PYW_LOG_PIPE_MARK) {
        at++;
    }
    return at;
}

/* Returns the number of bytes that it has used. */
static size_t take_record(pyw_log_pipe *pipe, const char *data, size_t length, pyw_log_pipe_fn *fn, void *baton)
{
    size_t part = find_end(data, length);

    if (part > sizeof(pipe->record) - pipe->record_length) {
        end_as_raw(pipe, fn, baton);
        return 0;
    }
    memcpy(pipe->record + pipe->record_length, data, part);
    pipe->record_length += part;
    if (part == length) {
        return part;
    }
    if (data[part] == '\n') {
        end_record(pipe, fn, baton);
    }
    else {
        end_as_raw(pipe, fn, baton);
        pipe->is_in_record = 1; /* the next record begins */
    }
    return part + 1;
}

static size_t take_raw(pyw_log_pipe *pipe, const char *data, size_t length, pyw_log_pipe_fn *fn, void *baton)
{
    size_t part = find_end(data, length);

    add_raw(pipe, data, part, fn, baton);
    if (part == length) {
        return part;
    }
    if (data[part] == '\n') {
        end_raw(pipe, fn, baton);
    }
    else {
        pipe->is_in_record = 1;
    }
    return part + 1;
}

void pyw_log_pipe_take(pyw_log_pipe *pipe, const char *data, size_t length, pyw_log_pipe_fn *fn, void *baton)
{
    while (length > 0) {
        size_t used =
            pipe->is_in_record ? take_record(pipe, data, length, fn, baton) : take_raw(pipe, data, length, fn, baton);

        data += used;
        length -= used;
    }
}

void pyw_log_pipe_end(pyw_log_pipe *pipe, pyw_log_pipe_fn *fn, void *baton)
{
    if (pipe->is_in_record) {
        end_as_raw(pipe, fn, baton);
    }
    end_raw(pipe, fn, baton);
    emit_parts(pipe, fn, baton);
}
