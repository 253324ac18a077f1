/* SPDX-License-Identifier: Apache-2.0 */
#include "command/ask.h"

#include <apr_strings.h>
#include <string.h>

#include "base/log.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/find.h"

/* The manager answers immediately, unless it was asked to wait for the workers. */
enum { ANSWER_MS = 20 * 1000 };

pyw_question pyw_question_of(const pyw_call *call)
{
    pyw_question question = {.pool = call->pool, .words = apr_table_make(call->pool, 4)};

    question.directory = pyw_call_option(call, "directory");
    apr_table_setn(question.words, "command", call->verb->name);
    if (call->operand != NULL) {
        apr_table_setn(question.words, "group", call->operand);
    }
    return question;
}

static int add_word(void *pairs, const char *name, const char *value)
{
    pyw_pairs_add_text(pairs, name, value);
    return 1;
}

static pyw_result send_words(const pyw_question *question, pyw_channel *channel)
{
    pyw_pairs pairs = {0};
    pyw_buffer payload = {0};
    pyw_result result;

    apr_table_do(add_word, &pairs, question->words, NULL);
    pyw_message_pairs_encode(&payload, pairs.items, pairs.count);
    pyw_channel_queue(channel, PYW_FRAME_COMMAND, 0, payload.data, payload.length, -1);
    result = pyw_channel_send(channel, ANSWER_MS);
    pyw_buffer_free(&payload);
    pyw_pairs_free(&pairs);
    return result;
}

/* 0: the manager sent an invalid answer. */
static int take_row(const pyw_question *question, const pyw_frame *frame, pyw_channel *channel)
{
    pyw_pairs row = {0};
    int is_valid =
        question->take_row != NULL && pyw_message_pairs_decode(&row, frame->payload, frame->length) == PYW_OK;

    if (is_valid) {
        question->take_row(question->context, &row, channel);
    }
    pyw_pairs_free(&row);
    return is_valid;
}

static const char *sentence_of(const pyw_question *question, const pyw_frame *frame)
{
    char *out = apr_palloc(question->pool, PYW_LOG_RECORD_MAX);

    pyw_log_escape(out, PYW_LOG_RECORD_MAX, frame->payload, frame->length);
    return out;
}

static int fail_question(const char **sentence, const char *text)
{
    *sentence = text;
    return PYW_COMMAND_REFUSED;
}

static int read_answer_frames(const pyw_question *question, pyw_channel *channel, const char **sentence)
{
    int limit = question->is_patient ? PYW_CHANNEL_FOREVER : ANSWER_MS;
    pyw_frame frame;

    for (;;) {
        pyw_result result = pyw_channel_read(channel, &frame, limit);

        if (result == PYW_EOF || result == PYW_GONE) {
            return fail_question(sentence, "the manager has exited, or refused this user");
        }
        if (result != PYW_OK) {
            return fail_question(
                sentence, apr_psprintf(question->pool, "the manager does not answer (%s)", pyw_result_name(result)));
        }
        if (frame.type == PYW_FRAME_DONE || frame.type == PYW_FRAME_REFUSED) {
            *sentence = sentence_of(question, &frame);
            return frame.type == PYW_FRAME_DONE ? PYW_COMMAND_DONE : PYW_COMMAND_REFUSED;
        }
        if (frame.type != PYW_FRAME_ROW || !take_row(question, &frame, channel)) {
            return fail_question(sentence, "pywsgi and the manager have different versions");
        }
    }
}

int pyw_ask(const pyw_question *question, const char **sentence)
{
    int status = PYW_COMMAND_NO_MANAGER;
    int fd = pyw_find_manager(question->pool, question->directory, &status, sentence);
    pyw_channel *channel = fd >= 0 ? pyw_channel_create() : NULL;

    if (fd < 0) {
        return status;
    }
    if (channel == NULL) {
        return fail_question(sentence, "no memory");
    }
    pyw_channel_open(channel, fd);
    status = send_words(question, channel) == PYW_OK ? read_answer_frames(question, channel, sentence)
                                                     : fail_question(sentence, "the manager does not listen");
    pyw_channel_destroy(channel);
    return status;
}
