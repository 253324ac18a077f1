/* SPDX-License-Identifier: Apache-2.0 */
/* A view of the workers that refreshes itself, like top(1). */
#include <apr_strings.h>
#include <inttypes.h>
#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/ask.h"
#include "command/call.h"
#include "command/exit_status.h"
#include "command/status/figures.h"
#include "command/status/rows.h"
#include "command/terminal.h"
#include "command/verbs/stacks.h"

enum {
    SECONDS_DEFAULT = 2,
    SECONDS_MOST = 3600,
    HEAD_LINES = 3,
    WORD_MOST = 80,
    REQUEST_MOST = 2000,
    GROUP_WIDTH = 10
};

/* The largest first, except for names. */
static const struct {
    char key;
    const char *column;
    const char *value; /* the pair of a worker's row; NULL: the name of the group */
} orders[] = {
    {'g', "GROUP", NULL},  {'c', "CPU", "cpu-ms"},    {'m', "MEMORY", "memory"},
    {'b', "BUSY", "busy"}, {'s', "SERVED", "served"}, {'u', "UP", "uptime-ms"},
};

enum { ORDER_DEFAULT = 3, ORDERS = sizeof(orders) / sizeof(orders[0]) };

typedef struct top_view {
    const pyw_call *call;
    apr_pool_t *pool;            /* of the present rows */
    apr_array_header_t *rows;    /* pyw_pairs */
    apr_array_header_t *workers; /* const pyw_pairs *, sorted */
    const char *problem;         /* the manager could not be asked; NULL: it was */
    int status;
    int order;    /* an index of `orders` */
    int selected; /* an index of `workers` */
} top_view;

/* qsort(3) passes no context. */
static int sorted_by;

static int compare(const void *left, const void *right)
{
    const pyw_pairs *a = *(const pyw_pairs *const *)left, *b = *(const pyw_pairs *const *)right;
    const char *value = orders[sorted_by].value;
    uint64_t first = pyw_status_number(a, value != NULL ? value : "pid");
    uint64_t second = pyw_status_number(b, value != NULL ? value : "pid");
    uint32_t lengths[2] = {0, 0};
    const char *names[2] = {pyw_pairs_get(a, "group", &lengths[0]), pyw_pairs_get(b, "group", &lengths[1])};
    int by_name = value == NULL && names[0] != NULL && names[1] != NULL
                      ? memcmp(names[0], names[1], lengths[0] < lengths[1] ? lengths[0] : lengths[1])
                      : 0;

    if (by_name != 0) {
        return by_name;
    }
    return first == second ? 0 : (first < second) == (value != NULL) ? 1 : -1;
}

static void sort_workers(top_view *self)
{
    self->workers = apr_array_make(self->pool, self->rows->nelts + 1, sizeof(const pyw_pairs *));
    for (int i = 0; i < self->rows->nelts; i++) {
        const pyw_pairs *row = &APR_ARRAY_IDX(self->rows, i, pyw_pairs);

        if (pyw_status_is(row, "worker")) {
            APR_ARRAY_PUSH(self->workers, const pyw_pairs *) = row;
        }
    }
    sorted_by = self->order;
    qsort(self->workers->elts, (size_t)self->workers->nelts, sizeof(const pyw_pairs *), compare);
}

static void renew(top_view *self)
{
    pyw_question question = pyw_question_of(self->call);
    const char *sentence = "";

    apr_pool_clear(self->pool);
    self->rows = apr_array_make(self->pool, 16, sizeof(pyw_pairs));
    question.pool = self->pool;
    question.take_row = pyw_status_take_row;
    question.context = self->rows;
    apr_table_setn(question.words, "command", "status");
    self->status = pyw_ask(&question, &sentence);
    self->problem = self->status == PYW_COMMAND_DONE ? NULL : sentence;
}

static void print_at(int line, const char *text)
{
    mvaddnstr(line, 0, text, (int)pyw_terminal_fit(text, COLS));
}

/* The longest-running request of the worker; NULL: none. */
static const pyw_pairs *oldest_request(const top_view *self, const pyw_pairs *worker)
{
    const pyw_pairs *oldest = NULL;

    for (int i = 0; i < self->rows->nelts; i++) {
        const pyw_pairs *row = &APR_ARRAY_IDX(self->rows, i, pyw_pairs);

        if (pyw_status_is(row, "request") && pyw_status_number(row, "pid") == pyw_status_number(worker, "pid") &&
            (oldest == NULL || pyw_status_number(row, "age-ms") > pyw_status_number(oldest, "age-ms"))) {
            oldest = row;
        }
    }
    return oldest;
}

/* That request, or the worker's problem. */
static const char *request_text(const top_view *self, const pyw_pairs *worker)
{
    const pyw_pairs *oldest = oldest_request(self, worker);

    if (oldest != NULL) {
        return apr_psprintf(self->pool, "%s %s", pyw_status_duration(self->pool, pyw_status_number(oldest, "age-ms")),
                            pyw_status_shown(self->pool, oldest, "request", REQUEST_MOST));
    }
    return pyw_status_shown(self->pool, worker, *pyw_status_text(self->pool, worker, "problem") ? "problem" : "request",
                            REQUEST_MOST);
}

/* "client 192.0.2.7, id Zx8"; "" without a request. */
static const char *origin_text(const top_view *self, const pyw_pairs *worker)
{
    const pyw_pairs *oldest = oldest_request(self, worker);

    return oldest == NULL
               ? ""
               : apr_psprintf(self->pool, "client %s, id %s", pyw_status_shown(self->pool, oldest, "client", WORD_MOST),
                              pyw_status_shown(self->pool, oldest, "id", WORD_MOST));
}

static const char *worker_text(const top_view *self, const pyw_pairs *row)
{
    const char *group = pyw_status_shown(self->pool, row, "group", WORD_MOST);
    const char *cut = apr_pstrndup(self->pool, group, pyw_terminal_fit(group, GROUP_WIDTH));

    return apr_psprintf(self->pool, "%s %7" PRIu64 " %-8.8s %6s %6s %7s %3" PRIu64 "/%-2" PRIu64 " %6" PRIu64 "  %s",
                        pyw_terminal_padded(self->pool, cut, -GROUP_WIDTH), pyw_status_number(row, "pid"),
                        pyw_status_shown(self->pool, row, "state", 8),
                        pyw_status_duration(self->pool, pyw_status_number(row, "uptime-ms")),
                        pyw_status_duration(self->pool, pyw_status_number(row, "cpu-ms")),
                        pyw_status_size(self->pool, pyw_status_number(row, "memory")), pyw_status_number(row, "busy"),
                        pyw_status_number(row, "threads"), pyw_status_number(row, "served"), request_text(self, row));
}

static void draw_head(const top_view *self)
{
    print_at(0, apr_psprintf(self->pool, "pywsgi top, %d workers, sorted by %s  k stacks  q quit  cmbsug sort  arrows",
                             self->workers->nelts, orders[self->order].column));
    attron(A_REVERSE);
    mvhline(HEAD_LINES - 1, 0, ' ', COLS);
    print_at(HEAD_LINES - 1, apr_psprintf(self->pool, "%-*s %7s %-8s %6s %6s %7s %6s %6s  %s", GROUP_WIDTH, "GROUP",
                                          "WORKER", "STATE", "UP", "CPU", "MEMORY", "BUSY", "SERVED", "REQUEST"));
    attroff(A_REVERSE);
}

/* The request of the selected worker, in the whole width. */
static void draw_selected(const top_view *self)
{
    if (self->selected < self->workers->nelts) {
        const pyw_pairs *worker = APR_ARRAY_IDX(self->workers, self->selected, const pyw_pairs *);

        print_at(LINES - 2, request_text(self, worker));
        print_at(LINES - 1, origin_text(self, worker));
    }
}

/* The list scrolls so that the selected worker is visible. */
static void draw(top_view *self)
{
    int lines = LINES - HEAD_LINES > 3 ? LINES - HEAD_LINES - 3 : 1;
    int first = self->selected >= lines ? self->selected - lines + 1 : 0;

    erase();
    draw_head(self);
    if (self->problem != NULL) {
        print_at(HEAD_LINES, self->problem);
    }
    for (int i = first; i < self->workers->nelts && i < first + lines; i++) {
        attrset(i == self->selected ? A_BOLD | A_UNDERLINE : A_NORMAL);
        print_at(HEAD_LINES + i - first, worker_text(self, APR_ARRAY_IDX(self->workers, i, const pyw_pairs *)));
        attrset(A_NORMAL);
    }
    draw_selected(self);
    refresh();
}

/* Prints them below the view, as `pywsgi stacks GROUP` does, until the user presses return. */
static void show_stacks(const top_view *self)
{
    pyw_call call = {.pool = self->pool, .verb = &pyw_verb_stacks};
    const char *values[] = {NULL, pyw_call_option(self->call, "directory")}; /* --json and --directory */

    if (self->selected >= self->workers->nelts) {
        return;
    }
    call.operand =
        pyw_status_text(self->pool, APR_ARRAY_IDX(self->workers, self->selected, const pyw_pairs *), "group");
    call.values = values;
    def_prog_mode();
    endwin();
    pyw_verb_stacks.run(&call);
    fputs("press return ", stdout);
    fflush(stdout);
    for (int letter = getchar(); letter != '\n' && letter != EOF; letter = getchar()) {
    }
    reset_prog_mode();
}

static void select_order(top_view *self, int key)
{
    for (int i = 0; i < ORDERS; i++) {
        if (orders[i].key == key) {
            self->order = i;
        }
    }
}

/* 0: the user quits. */
static int handle_key(top_view *self, int key)
{
    if (key == 'q') {
        return 0;
    }
    if (key == KEY_UP && self->selected > 0) {
        self->selected--;
    }
    if (key == KEY_DOWN && self->selected + 1 < self->workers->nelts) {
        self->selected++;
    }
    if (key == 'k') {
        show_stacks(self);
    }
    select_order(self, key);
    return 1;
}

/* getch(3) returns ERR when the interval is over, and KEY_RESIZE when the terminal has another size. */
static void run_view(top_view *self, int seconds)
{
    int key = ERR;

    do {
        if (key == ERR) {
            renew(self);
        }
        sort_workers(self);
        if (self->selected >= self->workers->nelts) {
            self->selected = self->workers->nelts > 0 ? self->workers->nelts - 1 : 0;
        }
        draw(self);
        timeout(seconds * 1000);
        key = getch();
        if (key == KEY_RESIZE) {
            clear(); /* the terminal may have moved its lines */
        }
    } while (self->status != PYW_COMMAND_USAGE && handle_key(self, key));
}

static int run_top(const pyw_call *call)
{
    top_view view = {.call = call, .order = ORDER_DEFAULT};
    long seconds = SECONDS_DEFAULT;

    if (!pyw_call_number(call, "interval", 1, SECONDS_MOST, &seconds)) {
        return PYW_COMMAND_USAGE;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        return pyw_call_fail("top needs a terminal; use status --watch");
    }
    apr_pool_create(&view.pool, call->pool);
    renew(&view);
    if (view.problem != NULL) {
        pyw_call_fail(view.problem);
        return view.status;
    }
    setlocale(LC_ALL, "");
    if (initscr() == NULL) {
        return pyw_call_fail("this terminal is unknown; use status --watch");
    }
    cbreak();
    noecho();
    curs_set(0);
    keypad(stdscr, TRUE);
    run_view(&view, (int)seconds);
    endwin();
    return PYW_COMMAND_DONE;
}

static const pyw_verb_option options[] = {
    {"interval", "SECONDS", "the interval between refreshes, 2 by default"},
    PYW_VERB_DIRECTORY,
    {NULL, NULL, NULL},
};

const pyw_verb pyw_verb_top = {
    "top",
    "[GROUP]",
    "Show the workers in a view that refreshes itself",
    "The keys c, m, b, s, u and g sort by CPU time, memory, busy threads, served requests, age and group. The arrow\n"
    "keys select a worker, k shows the Python stacks of its group, q quits.\n",
    options,
    run_top,
};
