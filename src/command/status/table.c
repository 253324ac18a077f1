/* SPDX-License-Identifier: Apache-2.0 */
#include "command/status/table.h"

#include <apr_strings.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/status/rows.h"

enum { COLUMNS = 10, RUNS_MOST = 80, PROBLEM_MOST = 300 };

typedef struct line {
    const char *cells[COLUMNS];
    const char *note; /* NULL: the row has cells */
} line;

static const line heads = {{"GROUP", "STATE", "WORKER", "IS", "UP", "SERVED", "BUSY", "MEMORY", "GEN", "RUNS"}, NULL};

/* Numbers are right-aligned. */
static const int is_right[COLUMNS] = {0, 0, 1, 0, 1, 1, 1, 1, 1, 0};

static const char *duration(apr_pool_t *pool, uint64_t ms)
{
    uint64_t seconds = ms / 1000, minutes = seconds / 60, hours = minutes / 60;

    if (hours >= 48) {
        return apr_psprintf(pool, "%" PRIu64 "d%02" PRIu64 "h", hours / 24, hours % 24);
    }
    if (hours > 0) {
        return apr_psprintf(pool, "%" PRIu64 "h%02" PRIu64 "m", hours, minutes % 60);
    }
    return minutes > 0 ? apr_psprintf(pool, "%" PRIu64 "m%02" PRIu64 "s", minutes, seconds % 60)
                       : apr_psprintf(pool, "%" PRIu64 "s", seconds);
}

static const char *size(apr_pool_t *pool, uint64_t bytes)
{
    return bytes >= UINT64_C(10) << 30 ? apr_psprintf(pool, "%" PRIu64 " GiB", bytes >> 30)
                                       : apr_psprintf(pool, "%" PRIu64 " MiB", (bytes + (1 << 19)) >> 20);
}

static const char *number(apr_pool_t *pool, uint64_t value)
{
    return apr_psprintf(pool, "%" PRIu64, value);
}

static const char *escaped(apr_pool_t *pool, const char *text)
{
    char *out = apr_palloc(pool, RUNS_MOST + 1);

    pyw_log_escape(out, RUNS_MOST + 1, text, strlen(text));
    return out;
}

static const char *shown_value(apr_pool_t *pool, const pyw_pairs *row, const char *name)
{
    return pyw_status_shown(pool, row, name, RUNS_MOST);
}

/* Longer than the limit for requests: the end of a problem is its most important part, and a path must be complete. */
static const char *problem(apr_pool_t *pool, const pyw_pairs *row, const char *name)
{
    return pyw_status_shown(pool, row, name, PROBLEM_MOST);
}

/* All values of that name, separated by commas. */
static const char *joined(apr_pool_t *pool, const pyw_pairs *row, const char *name)
{
    const char *text = "";

    for (uint32_t i = 0; i < row->count; i++) {
        const pyw_pair *pair = &row->items[i];

        if (pair->name_length == strlen(name) && memcmp(pair->name, name, pair->name_length) == 0) {
            text =
                apr_pstrcat(pool, text, *text ? ", " : "", apr_pstrmemdup(pool, pair->value, pair->value_length), NULL);
        }
    }
    return escaped(pool, text);
}

/* The totals of the workers that follow, up to the next group. */
static uint64_t sum(const apr_array_header_t *rows, int group, const char *name)
{
    uint64_t total = 0;

    for (int i = group + 1; i < rows->nelts && !pyw_status_is(&APR_ARRAY_IDX(rows, i, pyw_pairs), "group"); i++) {
        total += pyw_status_number(&APR_ARRAY_IDX(rows, i, pyw_pairs), name);
    }
    return total;
}

static const char *busy(apr_pool_t *pool, uint64_t some, uint64_t of)
{
    return apr_psprintf(pool, "%" PRIu64 "/%" PRIu64, some, of);
}

static line group_line(apr_pool_t *pool, const apr_array_header_t *rows, int index)
{
    const pyw_pairs *row = &APR_ARRAY_IDX(rows, index, pyw_pairs);
    line made = {{
                     shown_value(pool, row, "name"),
                     shown_value(pool, row, "state"),
                     "",
                     "",
                     "",
                     number(pool, sum(rows, index, "served")),
                     busy(pool, sum(rows, index, "busy"), sum(rows, index, "threads")),
                     size(pool, sum(rows, index, "memory")),
                     number(pool, pyw_status_number(row, "generation")),
                     joined(pool, row, "application"),
                 },
                 NULL};

    return made;
}

static line worker_line(apr_pool_t *pool, const pyw_pairs *row)
{
    line made = {{
                     "",
                     "",
                     number(pool, pyw_status_number(row, "pid")),
                     shown_value(pool, row, "state"),
                     duration(pool, pyw_status_number(row, "uptime-ms")),
                     number(pool, pyw_status_number(row, "served")),
                     busy(pool, pyw_status_number(row, "busy"), pyw_status_number(row, "threads")),
                     size(pool, pyw_status_number(row, "memory")),
                     number(pool, pyw_status_number(row, "generation")),
                     joined(pool, row, "request"),
                 },
                 NULL};

    if (*made.cells[COLUMNS - 1] == '\0') {
        made.cells[COLUMNS - 1] = problem(pool, row, "problem");
    }

    return made;
}

static void add_note(apr_array_header_t *lines, apr_pool_t *pool, const pyw_pairs *row)
{
    const char *moment = shown_value(pool, row, "reload-failed-at"), *canary = problem(pool, row, "canary");
    line note = {.note = apr_psprintf(pool, "  the reload of %s failed, older code continues to serve: %s", moment,
                                      problem(pool, row, "reload-problem"))};
    line trial = {.note = apr_psprintf(pool, "  %s", canary)};

    if (*moment) {
        APR_ARRAY_PUSH(lines, line) = note;
    }
    if (*canary) {
        APR_ARRAY_PUSH(lines, line) = trial;
    }
}

/* The width of a cell in characters; cells are UTF-8. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void widen(int widths[COLUMNS], const line *of)
{
    for (int i = 0; i < COLUMNS && of->note == NULL; i++) {
        int width = width_of(of->cells[i]);

        widths[i] = width > widths[i] ? width : widths[i];
    }
}

static void print_line(const int widths[COLUMNS], const line *of)
{
    int last = COLUMNS - 1;

    if (of->note != NULL) {
        puts(of->note);
        return;
    }
    while (last > 0 && of->cells[last][0] == '\0') {
        last--;
    }
    for (int i = 0; i <= last; i++) {
        int padding = widths[i] - width_of(of->cells[i]);

        if (is_right[i]) {
            printf("%*s%s", padding, "", of->cells[i]);
        }
        else {
            printf("%s%*s", of->cells[i], i < last ? padding : 0, "");
        }
        fputs(i < last ? "  " : "\n", stdout);
    }
}

static void print_manager(apr_pool_t *pool, const pyw_pairs *row)
{
    const char *server = shown_value(pool, row, "server");

    printf("pywsgid %s, pid %" PRIu64 ", up %s; httpd %s%spid %" PRIu64 "; sockets in %s\n\n",
           shown_value(pool, row, "version"), pyw_status_number(row, "pid"),
           duration(pool, pyw_status_number(row, "uptime-ms")), server, *server ? ", " : "",
           pyw_status_number(row, "httpd"), problem(pool, row, "directory"));
    if (*pyw_status_text(pool, row, "drain")) {
        printf("httpd drains: it is not ready for a load balancer, and stops gracefully (%s)\n\n",
               shown_value(pool, row, "drain"));
    }
}

void pyw_status_print_table(apr_pool_t *pool, const apr_array_header_t *rows)
{
    apr_array_header_t *lines = apr_array_make(pool, rows->nelts + 1, sizeof(line));
    int widths[COLUMNS] = {0};

    APR_ARRAY_PUSH(lines, line) = heads;
    for (int i = 0; i < rows->nelts; i++) {
        const pyw_pairs *row = &APR_ARRAY_IDX(rows, i, pyw_pairs);

        if (pyw_status_is(row, "manager")) {
            print_manager(pool, row);
        }
        else if (pyw_status_is(row, "group")) {
            APR_ARRAY_PUSH(lines, line) = group_line(pool, rows, i);
            add_note(lines, pool, row);
        }
        else if (pyw_status_is(row, "worker")) {
            APR_ARRAY_PUSH(lines, line) = worker_line(pool, row);
        }
    }
    for (int i = 0; i < lines->nelts; i++) {
        widen(widths, &APR_ARRAY_IDX(lines, i, line));
    }
    for (int i = 0; i < lines->nelts; i++) {
        print_line(widths, &APR_ARRAY_IDX(lines, i, line));
    }
}
