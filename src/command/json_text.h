/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_JSON_TEXT_H
#define PYW_COMMAND_JSON_TEXT_H

/* JSON strings (RFC 8259). No library that pywsgi links writes JSON; the verbs write the rest. */

#include <stddef.h>

/*
 * Prints a JSON string. Characters that could control a terminal are \uXXXX, bytes that are not UTF-8 are the text
 * \xHH, as in the table and in the log.
 */
void pyw_json_print_text(const char *text, size_t length);

#endif
