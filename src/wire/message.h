/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_MESSAGE_H
#define PYW_WIRE_MESSAGE_H

/*
 * Encoders and decoders for the payloads of frames. Encoders append to a buffer; decoders point into the payload, which
 * must outlive the result. Decoders check each count and length against the available bytes before they use it. They
 * return PYW_OK, PYW_MALFORMED, or PYW_FAILED (no memory).
 *
 * Pairs on the wire: u32 count, then for each u32 name length, u32 value length, name, value.
 */

#include "base/buffer.h"
#include "base/pair.h"
#include "base/result.h"

/* A growing array of decoded pairs, reused for each message. All zero is valid. */
typedef struct pyw_pairs {
    pyw_pair *items;
    uint32_t count;
    uint32_t capacity;
} pyw_pairs;

void pyw_pairs_free(pyw_pairs *pairs);

/* Makes room for `capacity` pairs. 0: no memory. */
int pyw_pairs_reserve(pyw_pairs *pairs, uint32_t capacity);

/* Appends a pair that refers to the given bytes. 0: no memory. */
int pyw_pairs_add(pyw_pairs *pairs, const char *name, size_t name_length, const char *value, size_t value_length);

/* As pyw_pairs_add, for NUL-terminated strings. */
int pyw_pairs_add_text(pyw_pairs *pairs, const char *name, const char *value);

/* The value of the first pair of that name, NULL if there is none; its length in *length. */
const char *pyw_pairs_get(const pyw_pairs *pairs, const char *name, uint32_t *length);

void pyw_message_pairs_encode(pyw_buffer *out, const pyw_pair *items, uint32_t count);

/* Fails if bytes are left over. */
pyw_result pyw_message_pairs_decode(pyw_pairs *pairs, const char *bytes, size_t length);

/*
 * REQUEST: u8 target kind, u8 flags (1: group is default, 2: reloading, 4: interrupts_gone, 8: is_function, 16:
 * ignored), u16 zero, u64 arrival, u64 deadline, then target, callable, application group and request id, each as u32
 * length + bytes + a NUL that the length does not count, then the environ pairs. The NULs let the worker use the
 * strings in place.
 */
typedef struct pyw_message_request {
    uint8_t target_kind; /* pyw_target_kind */
    uint8_t group_is_default;
    uint8_t reloading;
    uint8_t interrupts_gone; /* the application is interrupted if the client leaves */
    uint8_t is_function;     /* pyw_application_spec.is_function */
    uint8_t ignored;         /* the request does not count as activity */
    uint64_t arrival;        /* microseconds of CLOCK_MONOTONIC */
    uint64_t deadline;       /* milliseconds of the same clock; 0: none */
    const char *target;
    const char *callable;
    const char *group;
    const char *id; /* for log records */
} pyw_message_request;

void pyw_message_request_encode(pyw_buffer *out, const pyw_message_request *request, const pyw_pair *environ_pairs,
                                uint32_t count);
/* A string with a NUL inside, or without its final NUL, is malformed. */
pyw_result pyw_message_request_decode(pyw_message_request *request, pyw_pairs *environ_pairs, const char *bytes,
                                      size_t length);

/* HEAD and INTERIM: u16 status, u16 stamp, u32 reason length, reason, pairs. The status is 100 ... 599. */
typedef struct pyw_message_head {
    uint16_t status;
    uint16_t stamp; /* pyw_message_stamp() of its request */
    const char *reason;
    uint32_t reason_length;
} pyw_message_head;

/* The low 16 bits. Two successive requests of a connection rarely have the same stamp. */
static inline uint16_t pyw_message_stamp(uint64_t arrival)
{
    return (uint16_t)arrival;
}

void pyw_message_head_encode(pyw_buffer *out, const pyw_message_head *head, const pyw_pair *headers, uint32_t count);
pyw_result pyw_message_head_decode(pyw_message_head *head, pyw_pairs *headers, const char *bytes, size_t length);

enum { PYW_MESSAGE_FILE_SIZE = 16, PYW_MESSAGE_ERROR_SIZE = 2, PYW_MESSAGE_PROFILE_SIZE = 4 };

/* FILE: the sum of offset and length fits an off_t. */
void pyw_message_file_encode(unsigned char out[PYW_MESSAGE_FILE_SIZE], uint64_t offset, uint64_t length);
pyw_result pyw_message_file_decode(uint64_t *offset, uint64_t *file_length, const char *bytes, size_t length);

/* ERROR: a status of 400 ... 599. */
void pyw_message_error_encode(unsigned char out[PYW_MESSAGE_ERROR_SIZE], uint16_t status);
pyw_result pyw_message_error_decode(uint16_t *status, const char *bytes, size_t length);

enum { PYW_PROFILE_SECONDS_MOST = 600, PYW_PROFILE_RATE_MOST = 1000 };

/* PROFILE: how long to sample, and how often. Neither is 0 or above its maximum. */
typedef struct pyw_message_profile {
    uint16_t seconds;
    uint16_t rate; /* samples per second */
} pyw_message_profile;

void pyw_message_profile_encode(unsigned char out[PYW_MESSAGE_PROFILE_SIZE], const pyw_message_profile *profile);
pyw_result pyw_message_profile_decode(pyw_message_profile *profile, const char *bytes, size_t length);

#endif
