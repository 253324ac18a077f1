/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PARSE_LINES_H
#define PYW_CONFIG_OPTIONS_PARSE_LINES_H

/* Texts of several lines, as options that are lists of values travel to the manager and the workers. Any thread. */

/*
 * Cuts `text` in place into `count` lines; the last line is the rest of the text, with its newlines. 0: there are
 * fewer lines.
 */
int pyw_option_cut_lines(char *text, char **lines, int count);

#endif
