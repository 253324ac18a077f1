/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/crash_loop.h"

#include <stddef.h>
#include <string.h>

/* The path identifies the code. Queries vary, for example to bypass caches. */
static size_t length_without_query(const char *line, int most)
{
    size_t length = strnlen(line, (size_t)most);
    const char *query = memchr(line, '?', length);

    length = query != NULL ? (size_t)(query - line) : length;
    return length < PYW_CRASH_LOOP_LINE ? length : PYW_CRASH_LOOP_LINE - 1;
}

static void begin_suspect(pyw_crash_suspect *place, const char *line, size_t length)
{
    memset(place, 0, sizeof(*place));
    memcpy(place->line, line, length);
    place->named_at = INT64_MIN;
    for (int i = 0; i < PYW_CRASH_LOOP_DEATHS; i++) {
        place->deaths[i] = INT64_MIN;
    }
}

/* Returns the entry of the line; if it has none, a free entry, or else the entry whose last death is the oldest. */
static pyw_crash_suspect *find_suspect(pyw_crash_loop *loop, const char *line, size_t length)
{
    pyw_crash_suspect *oldest = &loop->places[0];

    for (int i = 0; i < PYW_CRASH_LOOP_MOST; i++) {
        pyw_crash_suspect *place = &loop->places[i];

        if (strlen(place->line) == length && memcmp(place->line, line, length) == 0) {
            return place;
        }
        if (oldest->line[0] != '\0' && (place->line[0] == '\0' || place->deaths[0] < oldest->deaths[0])) {
            oldest = place;
        }
    }
    begin_suspect(oldest, line, length);
    return oldest;
}

static int is_recent(int64_t then, int64_t now)
{
    return then != INT64_MIN && now - then < PYW_CRASH_LOOP_MS;
}

const pyw_crash_suspect *pyw_crash_loop_note(pyw_crash_loop *loop, const char *line, int length, int64_t now)
{
    size_t used = length_without_query(line, length);
    pyw_crash_suspect *place;

    if (used == 0) {
        return NULL;
    }
    place = find_suspect(loop, line, used);
    if (place->deaths[0] == now) {
        return NULL; /* another thread of the same worker */
    }
    memmove(&place->deaths[1], &place->deaths[0], sizeof(place->deaths) - sizeof(place->deaths[0]));
    place->deaths[0] = now;
    if (!is_recent(place->deaths[PYW_CRASH_LOOP_DEATHS - 1], now) || is_recent(place->named_at, now)) {
        return NULL;
    }
    place->named_at = now;
    return place;
}
