/* SPDX-License-Identifier: Apache-2.0 */
#include "command/status/table.h"

#include <apr_strings.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/status/figures.h"
#include "command/status/rows.h"
#include "command/terminal.h"

enum { COLUMNS = 12, WORD_MOST = 80, PROBLEM_MOST = 300, REQUEST_MOST = 2000 };

typedef struct line {
    const char *cells[COLUMNS];
    const char *note; /* NULL: the row has cells */
    pyw_terminal_style style;
} line;

static const line heads = {
    {"GROUP", "STATE", "WORKER", "IS", "UP", "SERVED", "BUSY", "WAIT", "CPU", "MEMORY", "GEN", "RUNS"},
    NULL,
    PYW_STYLE_BOLD};

/* Numbers are right-aligned. */
static const int is_right[COLUMNS] = {0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0};

static const char *number(apr_pool_t *pool, uint64_t value)
{
    return apr_psprintf(pool, "%" PRIu64, value);
}

static const char *shown_value(apr_pool_t *pool, const pyw_pairs *row, const char *name)
{
    return pyw_status_shown(pool, row, name, WORD_MOST);
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
    return pyw_terminal_escaped(pool, text);
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

static pyw_terminal_style style_of(apr_pool_t *pool, const pyw_pairs *row)
{
    const char *health = pyw_status_text(pool, row, "health");

    return strcmp(health, "failing") == 0    ? PYW_STYLE_BAD
           : strcmp(health, "impaired") == 0 ? PYW_STYLE_WARNING
           : strcmp(health, "healthy") == 0  ? PYW_STYLE_GOOD
                                             : PYW_STYLE_PLAIN;
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
                     number(pool, pyw_status_number(row, "waiting")),
                     pyw_status_duration(pool, sum(rows, index, "cpu-ms")),
                     pyw_status_size(pool, sum(rows, index, "memory")),
                     number(pool, pyw_status_number(row, "generation")),
                     joined(pool, row, "application"),
                 },
                 NULL,
                 style_of(pool, row)};

    return made;
}

/* The requests of a worker are rows of their own; a manager of an earlier version sends only their first lines. */
static line worker_line(apr_pool_t *pool, const pyw_pairs *row, int has_request_rows)
{
    line made = {{
                     "",
                     "",
                     number(pool, pyw_status_number(row, "pid")),
                     shown_value(pool, row, "state"),
                     pyw_status_duration(pool, pyw_status_number(row, "uptime-ms")),
                     number(pool, pyw_status_number(row, "served")),
                     busy(pool, pyw_status_number(row, "busy"), pyw_status_number(row, "threads")),
                     "",
                     pyw_status_duration(pool, pyw_status_number(row, "cpu-ms")),
                     pyw_status_size(pool, pyw_status_number(row, "memory")),
                     number(pool, pyw_status_number(row, "generation")),
                     has_request_rows ? "" : joined(pool, row, "request"),
                 },
                 NULL,
                 PYW_STYLE_PLAIN};

    return made;
}

static void add_note(apr_array_header_t *lines, const char *text)
{
    line note = {.note = text};

    APR_ARRAY_PUSH(lines, line) = note;
}

/* ", 2 crash, 1 reload", from "restarts.crash" and others; "" if no worker was restarted. */
static const char *restarts(apr_pool_t *pool, const pyw_pairs *row)
{
    static const char prefix[] = "restarts.";
    const char *text = "";

    for (uint32_t i = 0; i < row->count; i++) {
        const pyw_pair *pair = &row->items[i];

        if (pair->name_length > strlen(prefix) && memcmp(pair->name, prefix, strlen(prefix)) == 0) {
            text = apr_psprintf(pool, "%s, %.*s %.*s", text, (int)pair->value_length, pair->value,
                                (int)(pair->name_length - strlen(prefix)), pair->name + strlen(prefix));
        }
    }
    return pyw_terminal_escaped(pool, text);
}

/* Why a worker is broken. */
static void add_problem(apr_array_header_t *lines, apr_pool_t *pool, const pyw_pairs *row)
{
    const char *text = problem(pool, row, "problem");

    if (*text) {
        add_note(lines, apr_psprintf(pool, "  %8s  %s", "", text));
    }
}

/* The reloads and restarts of the group since httpd was started. */
static void add_history(apr_array_header_t *lines, apr_pool_t *pool, const pyw_pairs *row)
{
    const char *failed_at = shown_value(pool, row, "reload-failed-at"), *canary = problem(pool, row, "canary");
    const char *at = shown_value(pool, row, "reload-at"), *count = restarts(pool, row);

    if (strcmp(pyw_status_text(pool, row, "state"), "down") == 0) {
        add_note(lines, "  no worker can be started; the log of the group has the reason, before PYW0340");
    }
    if (*failed_at) {
        add_note(lines, apr_psprintf(pool, "  the reload of %s failed, older code continues to serve: %s", failed_at,
                                     problem(pool, row, "reload-problem")));
    }
    else if (*at) {
        add_note(lines, apr_psprintf(pool, "  last reload: %s, by %s, %s", at, shown_value(pool, row, "reload-by"),
                                     shown_value(pool, row, "reload-result")));
    }
    if (*count) {
        add_note(lines, apr_psprintf(pool, "  restarts: %s", count + strlen(", ")));
    }
    if (*canary) {
        add_note(lines, apr_psprintf(pool, "  %s", canary));
    }
}

/* "  1m02s  GET /archive?page=7  (192.0.2.7, id Zx8)" */
static line request_line(apr_pool_t *pool, const pyw_pairs *row)
{
    const char *client = shown_value(pool, row, "client"), *id = shown_value(pool, row, "id");
    const char *origin = apr_pstrcat(pool, client, *client && *id ? ", " : "", *id ? "id " : "", id, NULL);
    line made = {.note =
                     apr_psprintf(pool, "  %8s  %s%s%s%s", pyw_status_duration(pool, pyw_status_number(row, "age-ms")),
                                  pyw_status_shown(pool, row, "request", REQUEST_MOST), *origin ? "  (" : "", origin,
                                  *origin ? ")" : "")};

    return made;
}

static void widen(int widths[COLUMNS], const line *of)
{
    for (int i = 0; i < COLUMNS && of->note == NULL; i++) {
        int width = pyw_terminal_width_of(of->cells[i]);

        widths[i] = width > widths[i] ? width : widths[i];
    }
}

static const char *line_text(apr_pool_t *pool, const int widths[COLUMNS], const line *of)
{
    int last = COLUMNS - 1;
    const char *text = "";

    while (last > 0 && of->cells[last][0] == '\0') {
        last--;
    }
    for (int i = 0; i <= last; i++) {
        int width = i < last || is_right[i] ? widths[i] : 0;

        text = apr_pstrcat(pool, text, i > 0 ? "  " : "",
                           pyw_terminal_padded(pool, of->cells[i], is_right[i] ? width : -width), NULL);
    }
    return text;
}

/* Cells are cut at the width of a terminal, and whole for a file or a pipe. The end of a note may be what matters. */
static void print_line(apr_pool_t *pool, const int widths[COLUMNS], const line *of)
{
    const char *text = of->note != NULL ? of->note : line_text(pool, widths, of);
    int width = pyw_terminal_width();

    if (width > 0 && of->note == NULL) {
        text = apr_pstrndup(pool, text, pyw_terminal_fit(text, width));
    }
    pyw_terminal_print(of->style, text);
    putchar('\n');
}

static void print_manager(apr_pool_t *pool, const pyw_pairs *row)
{
    const char *server = shown_value(pool, row, "server");

    printf("pywsgid %s, pid %" PRIu64 ", up %s; httpd %s%spid %" PRIu64 "; sockets in %s\n\n",
           shown_value(pool, row, "version"), pyw_status_number(row, "pid"),
           pyw_status_duration(pool, pyw_status_number(row, "uptime-ms")), server, *server ? ", " : "",
           pyw_status_number(row, "httpd"), problem(pool, row, "directory"));
    if (*pyw_status_text(pool, row, "drain")) {
        printf("httpd drains: it is not ready for a load balancer, and stops gracefully (%s)\n\n",
               shown_value(pool, row, "drain"));
    }
}

static int is_request(const apr_array_header_t *rows, int index)
{
    return index < rows->nelts && pyw_status_is(&APR_ARRAY_IDX(rows, index, pyw_pairs), "request");
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
            add_history(lines, pool, row);
        }
        else if (pyw_status_is(row, "worker")) {
            APR_ARRAY_PUSH(lines, line) = worker_line(pool, row, is_request(rows, i + 1));
            add_problem(lines, pool, row);
        }
        else if (pyw_status_is(row, "request")) {
            APR_ARRAY_PUSH(lines, line) = request_line(pool, row);
        }
    }
    for (int i = 0; i < lines->nelts; i++) {
        widen(widths, &APR_ARRAY_IDX(lines, i, line));
    }
    for (int i = 0; i < lines->nelts; i++) {
        print_line(pool, widths, &APR_ARRAY_IDX(lines, i, line));
    }
}
