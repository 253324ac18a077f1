/* SPDX-License-Identifier: Apache-2.0 */
#include "python/record.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

/*
 * The maximum width of a record. A line of httpd's error log has 8 KiB, and the rest is lost. httpd's prefix (time,
 * client, referer) and the escaping of bytes count towards the limit.
 */
#define LINE_MAX_BYTES (PYW_LOG_RECORD_MAX - 1024)

/* Output of a thread that does not end in a newline yet. */
typedef struct unfinished {
    pyw_buffer lines[PYW_STREAMS];
} unfinished;

static __thread pyw_record_fn *divert_fn;
static __thread void *divert_baton;
static __thread unfinished *mine;

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static pyw_log_level level_of(pyw_stream stream)
{
    return stream == PYW_STREAM_STDOUT ? PYW_LOG_NOTICE : PYW_LOG_ERR;
}

/* No GIL needed. pyw_log takes a NUL-terminated text, so escape control bytes here. */
static void log_for_process(pyw_log_level level, const char *text, size_t length)
{
    char escaped[PYW_LOG_RECORD_MAX];

    pyw_log_escape(escaped, sizeof(escaped), text, length);
    pyw_log(level, "%s", escaped);
}

/* A thread ends. Python may not know it any more. */
static void forget_thread(void *data)
{
    unfinished *ending = data;

    for (int i = 0; i < PYW_STREAMS; i++) {
        if (ending->lines[i].length > 0) {
            log_for_process(level_of((pyw_stream)i), ending->lines[i].data, ending->lines[i].length);
        }
        pyw_buffer_free(&ending->lines[i]);
    }
    free(ending);
    mine = NULL;
}

static void make_key(void)
{
    pthread_key_create(&key, forget_thread);
}

/* NULL: out of memory. */
static pyw_buffer *line_of(pyw_stream stream)
{
    if (mine == NULL) {
        pthread_once(&key_once, make_key);
        mine = calloc(1, sizeof(*mine));
        if (mine == NULL) {
            return NULL;
        }
        pthread_setspecific(key, mine);
    }
    return &mine->lines[stream];
}

void pyw_record_forget(void)
{
    divert_fn = NULL;
    for (int i = 0; mine != NULL && i < PYW_STREAMS; i++) {
        mine->lines[i].length = 0;
    }
}

void pyw_record_divert(pyw_record_fn *fn, void *baton)
{
    divert_fn = fn;
    divert_baton = baton;
}

static void emit(pyw_log_level level, const char *text, size_t length)
{
    PyThreadState *thread;

    if (divert_fn != NULL) {
        divert_fn(divert_baton, level, text, length);
        return;
    }
    if (pyw_log_is_on(level)) {
        thread = PyEval_SaveThread();
        log_for_process(level, text, length);
        PyEval_RestoreThread(thread);
    }
}

/*
 * The width of a byte in httpd's log: quotes and backslashes are doubled, bytes outside ASCII become \xc3, or \\xc3 if
 * they are not text.
 */
static size_t width_of(unsigned char c)
{
    if (c < 0x20 || c >= 0x7f) {
        return 5;
    }
    return c == '"' || c == '\\' ? 2 : 1;
}

/* The number of bytes that fit into a record. Does not split a character of UTF-8. */
static size_t part_that_fits(const char *text, size_t length)
{
    size_t part = 0, width = 0;

    while (part < length && width + width_of((unsigned char)text[part]) <= LINE_MAX_BYTES) {
        width += width_of((unsigned char)text[part++]);
    }
    for (int back = 0; part < length && back < 3 && ((unsigned char)text[part] & 0xc0) == 0x80; back++) {
        part--;
    }
    return part;
}

static void emit_line(pyw_log_level level, const char *text, size_t length)
{
    if (length > 0 && text[length - 1] == '\r') {
        length--;
    }
    while (length > 0) {
        size_t part = part_that_fits(text, length);

        emit(level, text, part);
        text += part;
        length -= part;
    }
}

void pyw_record_text(pyw_log_level level, const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline != NULL ? newline : end;

        emit_line(level, text, (size_t)(stop - text));
        text = stop + 1;
    }
}

int pyw_record_str(pyw_log_level level, PyObject *text)
{
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");

    if (bytes == NULL) {
        return -1;
    }
    pyw_record_text(level, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return 0;
}

void pyw_record_flush(pyw_stream stream)
{
    char text[LINE_MAX_BYTES];
    pyw_buffer *line = mine != NULL ? &mine->lines[stream] : NULL;
    size_t length = line != NULL ? line->length : 0;

    if (length == 0) {
        return;
    }
    /* Empty the line first: a log function that prints would call this function again. */
    memcpy(text, line->data, length);
    pyw_buffer_reset(line, sizeof(text));
    line->failed = 0;
    emit_line(level_of(stream), text, length);
}

void pyw_record_flush_all(void)
{
    for (int i = 0; mine != NULL && i < PYW_STREAMS; i++) {
        pyw_record_flush((pyw_stream)i);
    }
}

/* Buffers the text until its line is complete. A line that exceeds a record is split. */
static void buffer_partial_line(pyw_stream stream, const char *text, size_t length)
{
    while (length > 0) {
        pyw_buffer *line = line_of(stream);
        size_t room, part;

        if (line == NULL) {
            return;
        }
        room = LINE_MAX_BYTES - line->length;
        part = length < room ? length : room;
        pyw_buffer_append(line, text, part);
        text += part;
        length -= part;
        if (part == room) {
            pyw_record_flush(stream);
        }
    }
}

void pyw_record_print(pyw_stream stream, const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));

        if (newline == NULL) {
            buffer_partial_line(stream, text, (size_t)(end - text));
            return;
        }
        if (mine != NULL && mine->lines[stream].length > 0) {
            buffer_partial_line(stream, text, (size_t)(newline - text));
            pyw_record_flush(stream);
        }
        else {
            emit_line(level_of(stream), text, (size_t)(newline - text));
        }
        text = newline + 1;
    }
}
