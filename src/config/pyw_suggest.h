/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SUGGEST_H
#define PYW_SUGGEST_H

/* "did you mean": pure functions, any thread. */

/*
 * The one of `names` (NULL-terminated) that is nearest to `text` by insertions, deletions, changes and swaps of
 * neighbours, letters compared without case and '_' as '-'; NULL if none is near enough to be meant.
 */
const char *pyw_suggest(const char *text, const char *const *names);

#endif
