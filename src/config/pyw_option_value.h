/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_OPTION_VALUE_H
#define PYW_OPTION_VALUE_H

/* Text to value: numbers, durations, sizes. Part of pyw_options; directives use it, too. Any thread. */

/* Decimal or octal digits with an optional sign, nothing else. 0: it is none, or does not fit. */
int pyw_value_number(const char *text, int base, long long *number);

/* "2-8", both without a sign and the first not the larger, or "4" for both. 0: it is neither. */
int pyw_value_span(const char *text, long long *least, long long *most);

/* "10" or "10%". 0: it is neither. */
int pyw_value_percent(const char *text, long long *percent);

/* "On" or "Off", in any case. 0: it is neither. */
int pyw_value_switch(const char *text, long long *is_on);

/* "250ms", "5s", "2min", "1h", or a number of seconds, "0.5" included. 0: it is none of these. */
int pyw_value_duration(const char *text, long long *milliseconds);

/* "512", "64K", "1M", "2G" (a B behind the letter is allowed). 0: it is none of these. */
int pyw_value_size(const char *text, long long *bytes);

#endif
