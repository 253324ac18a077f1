/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_FUZZ_VALID_JSON_H
#define PYW_FUZZ_VALID_JSON_H

/* The text is one JSON value. Numbers are natural numbers, as we write no others. */
void pyw_must_be_json(const char *text);

#endif
