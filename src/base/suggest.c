/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include <ctype.h>
#include <string.h>

/* No name is longer, so longer words are not compared. */
enum { WORD_MAX = 40 };

static char folded(char letter)
{
    return letter == '_' ? '-' : (char)tolower((unsigned char)letter);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The cost of turning the first j letters of b into the first i letters of a. `rows` ends with the row of i. */
static int edit_distance_step(const char *a, const char *b, int i, int j, int rows[3][WORD_MAX + 1])
{
    int change = folded(a[i - 1]) != folded(b[j - 1]);
    int cost = least(least(rows[1][j], rows[2][j - 1]) + 1, rows[1][j - 1] + change);

    if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1])) {
        cost = least(cost, rows[0][j - 2] + 1);
    }
    return cost;
}

/* The Damerau-Levenshtein distance; only three rows of its table are kept. */
static int distance(const char *a, const char *b)
{
    int rows[3][WORD_MAX + 1];
    int width = (int)strlen(b);

    for (int j = 0; j <= width; j++) {
        rows[2][j] = j;
    }
    for (int i = 1; i <= (int)strlen(a); i++) {
        memcpy(rows[0], rows[1], sizeof(rows[0]));
        memcpy(rows[1], rows[2], sizeof(rows[0]));
        rows[2][0] = i;
        for (int j = 1; j <= width; j++) {
            rows[2][j] = edit_distance_step(a, b, i, j, rows);
        }
    }
    return rows[2][width];
}

const char *pyw_suggest(const char *text, const char *const *names)
{
    const char *best = NULL;
    int length = (int)strlen(text);
    int best_distance = length / 3 + 2;

    if (length > WORD_MAX) {
        return NULL;
    }
    for (; *names != NULL; names++) {
        int found = strlen(*names) <= WORD_MAX ? distance(text, *names) : best_distance;

        if (found < best_distance) {
            best_distance = found;
            best = *names;
        }
    }
    return best;
}
