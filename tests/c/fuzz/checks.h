/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_FUZZ_CHECKS_H
#define PYW_FUZZ_CHECKS_H

/* Checks that several fuzzers share. A check that fails calls abort(3), which libFuzzer reports with the input. */

void pyw_must(int holds);

/* Each line of the text is escaped: pyw_log_escape does not change it. */
void pyw_must_be_escaped(const char *text);

#endif
