/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PARSE_VALUE_H
#define PYW_CONFIG_OPTIONS_PARSE_VALUE_H

/* Parses text as numbers, durations and sizes. Part of pyw_options; directives use it, too. Any thread. */

/* Decimal or octal digits with an optional sign, nothing else. 0: invalid, or does not fit. */
int pyw_value_number(const char *text, int base, long long *number);

/* "2-8" (without signs, the first not larger than the second), or "4" for both. 0: neither. */
int pyw_value_span(const char *text, long long *least, long long *most);

/* "10" or "10%". 0: neither. */
int pyw_value_percent(const char *text, long long *percent);

/* "On" or "Off", in any case. 0: neither. */
int pyw_value_switch(const char *text, long long *is_on);

/* The values of reload-at-restart, in the order of PYW_RELOAD_AUTO ...; NULL: the end. */
extern const char *const pyw_value_reloads[];

/* Sets the index of the text in pyw_value_reloads. 0: the list does not contain the text. */
int pyw_value_reload(const char *text, long long *index);

/* "250ms", "5s", "2min", "1h", or a number of seconds, including "0.5". 0: none of these. */
int pyw_value_duration(const char *text, long long *milliseconds);

/* Whether the text is a decimal number greater than 0, such as "0.005". */
int pyw_value_is_seconds(const char *text);

/* "512", "64K", "1M", "2G" (optionally with a B after the letter). 0: none of these. */
int pyw_value_size(const char *text, long long *bytes);

#endif
