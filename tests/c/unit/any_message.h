/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_ANY_MESSAGE_H
#define PYW_ANY_MESSAGE_H

/* Frames of all types, for tests of all examples, and for the fuzzers. */

#include "base/result.h"
#include "wire/frame.h"

/*
 * Decodes the payload of a frame according to its type, and reads every byte that the result points to, so that a
 * sanitizer detects a byte outside of `bytes`. Types whose payload has no structure are PYW_OK.
 */
pyw_result pyw_any_message_decode(const pyw_frame_header *header, const char *bytes, size_t length);

/* Decodes header and payload of one frame. PYW_AGAIN: bytes are missing; PYW_MALFORMED: bytes are left over. */
pyw_result pyw_any_frame_decode(const unsigned char *bytes, size_t length);

#endif
