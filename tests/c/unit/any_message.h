/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_ANY_MESSAGE_H
#define PYW_ANY_MESSAGE_H

/* Frames of whatever type, for tests that go through all examples and for the fuzzers. */

#include "base/result.h"
#include "wire/frame.h"

/*
 * Decodes the payload of a frame as its type has it, and touches every byte that the result points to, so that a
 * sanitizer sees one outside of `bytes`. Types whose payload has no structure are PYW_OK.
 */
pyw_result pyw_any_message_decode(const pyw_frame_header *header, const char *bytes, size_t length);

/* Header and payload of one frame that is all of `bytes`; PYW_AGAIN if some are missing, PYW_MALFORMED if some are
 * over. */
pyw_result pyw_any_frame_decode(const unsigned char *bytes, size_t length);

#endif
