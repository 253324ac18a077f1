/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_TERMINAL_H
#define PYW_COMMAND_TERMINAL_H

#include <stddef.h>

#include <apr_pools.h>

/* The terminal that the standard output may be. */

typedef enum {
    PYW_STYLE_PLAIN,
    PYW_STYLE_BOLD,
    PYW_STYLE_GOOD,
    PYW_STYLE_WARNING,
    PYW_STYLE_BAD,
} pyw_terminal_style;

/* 0: the standard output is not a terminal, or the environment variable NO_COLOR is set, or TERM is "dumb". */
int pyw_terminal_has_colour(void);

/* The number of columns; 0: the standard output is not a terminal. */
int pyw_terminal_width(void);

/* How many bytes of the text (UTF-8) fit into the columns, a character in each. */
size_t pyw_terminal_fit(const char *text, int columns);

/* The number of its characters. */
int pyw_terminal_width_of(const char *text);

/* The text with spaces before it up to `width` characters; after it if `width` is negative, as for printf(3). */
const char *pyw_terminal_padded(apr_pool_t *pool, const char *text, int width);

/* Prints the text on the standard output; without colours as it is. */
void pyw_terminal_print(pyw_terminal_style style, const char *text);

/* The text with the escapes of pyw_log_escape, allocated from the pool: arguments and answers may contain anything. */
const char *pyw_terminal_escaped(apr_pool_t *pool, const char *text);

#endif
