/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_SUGGEST_H
#define PYW_BASE_SUGGEST_H

/* Suggestions for misspelt names. Pure functions, any thread. */

/*
 * The element of `names` (NULL-terminated) that is nearest to `text` by insertions, deletions, changes and swaps of
 * neighbours, ignoring case and treating '_' as '-'. NULL if none is near enough.
 */
const char *pyw_suggest(const char *text, const char *const *names);

#endif
