/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include "base/log.h"
#include "wire/end_reason.h"

typedef struct frame_rule {
    const char *name; /* NULL: no such type */
    uint32_t least;
    uint32_t most;
    uint16_t flags_most; /* flags are a single bit or a level, so a maximum describes the valid values */
} frame_rule;

enum { REQUEST_FLAGS = PYW_REQUEST_BODY | PYW_REQUEST_CONFIRM | PYW_REQUEST_BATCH };

static const frame_rule rules[] = {
    [PYW_FRAME_REQUEST] = {"REQUEST", 0, PYW_LIMIT_REQUEST, REQUEST_FLAGS},
    [PYW_FRAME_ABORT] = {"ABORT", 0, 0, 0},
    [PYW_FRAME_DATA] = {"DATA", 1, PYW_LIMIT_DATA, PYW_DATA_LAST},
    [PYW_FRAME_END] = {"END", 0, 0, 0},
    [PYW_FRAME_HEAD] = {"HEAD", 0, PYW_LIMIT_HEAD, 0},
    [PYW_FRAME_FILE] = {"FILE", 16, 16, PYW_DATA_LAST},
    [PYW_FRAME_LOG] = {"LOG", 0, PYW_LIMIT_LOG, PYW_LOG_TRACE},
    [PYW_FRAME_INTERIM] = {"INTERIM", 0, PYW_LIMIT_HEAD, 0},
    [PYW_FRAME_ERROR] = {"ERROR", 2, 2, 0},
    [PYW_FRAME_GOAWAY] = {"GOAWAY", 0, 0, 0},
    [PYW_FRAME_TOKEN] = {"TOKEN", 0, 0, 0},
    [PYW_FRAME_LEFT] = {"LEFT", 0, 0, 0},
    [PYW_FRAME_TAKEN] = {"TAKEN", 0, 0, 0},
    [PYW_FRAME_GROUP] = {"GROUP", 0, PYW_LIMIT_OPTIONS, 0},
    [PYW_FRAME_COMMIT] = {"COMMIT", 0, PYW_LIMIT_OPTIONS, 0},
    [PYW_FRAME_BOUND] = {"BOUND", 0, 0, 0},
    [PYW_FRAME_REFUSED] = {"REFUSED", 0, PYW_LIMIT_TEXT, 0},
    [PYW_FRAME_COMMAND] = {"COMMAND", 0, PYW_LIMIT_TEXT, 0},
    [PYW_FRAME_ROW] = {"ROW", 0, PYW_LIMIT_OPTIONS, 0},
    [PYW_FRAME_DONE] = {"DONE", 0, PYW_LIMIT_TEXT, 0},
    [PYW_FRAME_HANDOVER] = {"HANDOVER", 0, 0, 1},
    [PYW_FRAME_WORKER_LIST] = {"WORKER_LIST", 0, 0, 0},
    [PYW_FRAME_LOAD] = {"LOAD", 0, 0, 0},
    [PYW_FRAME_LIVENESS_PIPE] = {"LIVENESS_PIPE", 0, 0, 0},
    [PYW_FRAME_STORE] = {"STORE", 0, 0, 1},
    [PYW_FRAME_JSON_LOG] = {"JSON_LOG", 0, 0, 0},
    [PYW_FRAME_STATS] = {"STATS", 0, 0, 0},
    [PYW_FRAME_HERITAGE] = {"HERITAGE", 0, PYW_LIMIT_OPTIONS, 0},
    [PYW_FRAME_DRAIN] = {"DRAIN", 0, 0, PYW_END_REASONS - 1},
    [PYW_FRAME_READY] = {"READY", 0, 0, 0},
    [PYW_FRAME_BROKEN] = {"BROKEN", 0, 0, 0},
    [PYW_FRAME_STALE] = {"STALE", 0, 0, 0},
    [PYW_FRAME_OPTIONS] = {"OPTIONS", 0, PYW_LIMIT_OPTIONS, 0},
    [PYW_FRAME_SERVE] = {"SERVE", 0, 0, 0},
    [PYW_FRAME_STUCK] = {"STUCK", 0, 0, 0},
    [PYW_FRAME_STACKS] = {"STACKS", 0, 0, 0},
    [PYW_FRAME_PROFILE] = {"PROFILE", 4, 4, 0},
    [PYW_FRAME_FORK] = {"FORK", 0, 0, 0},
    [PYW_FRAME_HAND] = {"HAND", 0, 0, PYW_HAND_MOST},
    [PYW_FRAME_FORKED] = {"FORKED", 0, 0, 0},
    [PYW_FRAME_OVERDUE] = {"OVERDUE", 0, 0, 0},
    [PYW_FRAME_FINISHING] = {"FINISHING", 0, 0, 0},
    [PYW_FRAME_LARGE] = {"LARGE", 0, 0, 0},
    [PYW_FRAME_RENEW] = {"RENEW", 0, 0, 0},
    [PYW_FRAME_CHECK_FILES] = {"CHECK_FILES", 0, 0, PYW_CHECK_CODE},
    [PYW_FRAME_CHANGED] = {"CHANGED", 0, 0, 0},
    [PYW_FRAME_UNCHANGED] = {"UNCHANGED", 0, 0, 0},
};

static const frame_rule *rule_of(unsigned type)
{
    if (type >= sizeof(rules) / sizeof(rules[0]) || rules[type].name == NULL) {
        return NULL;
    }
    return &rules[type];
}

void pyw_frame_header_encode(unsigned char out[PYW_FRAME_HEADER_SIZE], const pyw_frame_header *header)
{
    out[0] = PYW_WIRE_VERSION;
    out[1] = header->type;
    out[2] = (unsigned char)header->flags;
    out[3] = (unsigned char)(header->flags >> 8);
    out[4] = (unsigned char)header->length;
    out[5] = (unsigned char)(header->length >> 8);
    out[6] = (unsigned char)(header->length >> 16);
    out[7] = (unsigned char)(header->length >> 24);
}

int pyw_frame_header_is_valid(const pyw_frame_header *header)
{
    const frame_rule *rule = rule_of(header->type);

    return rule != NULL && header->flags <= rule->flags_most && header->length >= rule->least &&
           header->length <= rule->most;
}

pyw_result pyw_frame_header_decode(pyw_frame_header *header, const void *bytes, size_t length)
{
    const unsigned char *in = bytes;

    if (length < PYW_FRAME_HEADER_SIZE) {
        return PYW_AGAIN;
    }
    header->type = in[1];
    header->flags = (uint16_t)(in[2] | in[3] << 8);
    header->length = (uint32_t)in[4] | (uint32_t)in[5] << 8 | (uint32_t)in[6] << 16 | (uint32_t)in[7] << 24;
    return in[0] == PYW_WIRE_VERSION && pyw_frame_header_is_valid(header) ? PYW_OK : PYW_MALFORMED;
}

static int ends_request(uint8_t type)
{
    return type == PYW_FRAME_END || type == PYW_FRAME_ERROR || type == PYW_FRAME_GOAWAY;
}

int pyw_frame_ends_body(uint8_t type, uint16_t flags)
{
    return (type == PYW_FRAME_DATA || type == PYW_FRAME_FILE) && (flags & PYW_DATA_LAST);
}

/* Adds one byte to the header. PYW_OK: the header is complete. PYW_AGAIN: more bytes are needed. */
static pyw_result scan_header(pyw_frame_scan *scan, unsigned char byte, uint8_t *type)
{
    pyw_frame_header header;
    pyw_result result;

    scan->header[scan->have++] = byte;
    result = pyw_frame_header_decode(&header, scan->header, scan->have);
    if (result == PYW_OK) {
        scan->have = 0;
        scan->skip = header.length;
        scan->is_last |= pyw_frame_ends_body(header.type, header.flags);
        *type = header.type;
    }
    return result;
}

pyw_result pyw_frame_scan_bytes(pyw_frame_scan *scan, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    const unsigned char *end = at + length;

    while (at < end) {
        uint8_t type = 0;
        pyw_result result;

        if (scan->skip > 0) {
            size_t step = scan->skip < (size_t)(end - at) ? scan->skip : (size_t)(end - at);

            scan->skip -= (uint32_t)step;
            at += step;
            continue;
        }
        result = scan_header(scan, *at++, &type);
        if (result == PYW_MALFORMED) {
            return result;
        }
        if (result == PYW_OK && ends_request(type)) {
            scan->end_type = type;
            return PYW_EOF;
        }
    }
    return PYW_AGAIN;
}

const char *pyw_frame_type_name(unsigned type)
{
    const frame_rule *rule = rule_of(type);

    return rule != NULL ? rule->name : "unknown";
}
