/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the entry of a log message in docs/errors.md, which is installed beside the program. */
#include <apr_strings.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "command/call.h"
#include "command/exit_status.h"
#include "command/json_text.h"
#include "command/terminal.h"

enum { FILE_MOST = 1024 * 1024, TAG_MOST = 9999 };

/* From the directory of the program: as installed, and in a build tree. */
static const char *const places[] = {"../share/mod_pywsgi/errors.md", "../docs/errors.md", "../../docs/errors.md"};

typedef struct entry {
    const char *text; /* what follows the line of the heading; NULL: there is none */
    size_t length;
    long before, after; /* the nearest numbers that have an entry; 0: none */
} entry;

/* "PYW0610", "pyw610", "0610" or "610". 0: not a tag. */
static long tag_number(const char *word)
{
    const char *digits = strncasecmp(word, "PYW", 3) == 0 ? word + 3 : word;
    char *end;
    long number = strtol(digits, &end, 10);

    return *digits >= '0' && *digits <= '9' && *end == '\0' && number > 0 && number <= TAG_MOST ? number : 0;
}

static char *read_text(apr_pool_t *pool, const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = apr_pcalloc(pool, FILE_MOST + 1);

    if (file == NULL) {
        return NULL;
    }
    text[fread(text, 1, FILE_MOST, file)] = '\0';
    fclose(file);
    return text;
}

static const char *read_entries(apr_pool_t *pool)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    char *slash;

    program[length > 0 ? length : 0] = '\0';
    slash = strrchr(program, '/');
    for (size_t i = 0; slash != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
        const char *directory = apr_pstrndup(pool, program, (size_t)(slash + 1 - program));
        const char *text = read_text(pool, apr_pstrcat(pool, directory, places[i], NULL));

        if (text != NULL) {
            return text;
        }
    }
    return NULL;
}

/* Headings are "### PYW0610"; the text ends at the next heading. */
static entry find_entry(const char *text, long wanted)
{
    static const char mark[] = "\n### PYW";
    entry found = {0};

    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at + 1, mark)) {
        char *end;
        long number = strtol(at + strlen(mark), &end, 10);
        const char *next = strstr(end, "\n##");

        if (number == wanted) {
            found.text = end + strspn(end, "\n");
            found.length = next != NULL && next > found.text ? (size_t)(next - found.text) : strlen(found.text);
        }
        else if (number < wanted && number > found.before) {
            found.before = number;
        }
        else if (number > wanted && (found.after == 0 || number < found.after)) {
            found.after = number;
        }
    }
    return found;
}

static int fail_unknown(const pyw_call *call, long number, const entry *near)
{
    const char *text = apr_psprintf(call->pool, "there is no message PYW%04ld; the nearest:", number);

    if (near->before > 0) {
        text = apr_psprintf(call->pool, "%s PYW%04ld", text, near->before);
    }
    if (near->after > 0) {
        text = apr_psprintf(call->pool, "%s PYW%04ld", text, near->after);
    }
    return pyw_call_fail(text);
}

static void print_entry_json(const char *tag, const entry *found)
{
    fputs("{\"tag\": ", stdout);
    pyw_json_print_text(tag, strlen(tag));
    fputs(", \"text\": ", stdout);
    pyw_json_print_text(found->text, found->length);
    puts("}");
}

static void print_entry(const char *tag, const entry *found)
{
    pyw_terminal_print(PYW_STYLE_BOLD, tag);
    printf("\n\n%.*s\n", (int)found->length, found->text);
}

static int run_explain(const pyw_call *call)
{
    long number = tag_number(call->operand);
    const char *text = read_entries(call->pool);
    const char *tag = apr_psprintf(call->pool, "PYW%04ld", number);
    entry found;

    if (number == 0) {
        fputs("pywsgi explain: TAG is as in the log: PYW0610, or 610\n", stderr);
        return PYW_COMMAND_USAGE;
    }
    if (text == NULL) {
        return pyw_call_fail("errors.md is not installed; the log messages are described in docs/errors.md");
    }
    found = find_entry(text, number);
    if (found.text == NULL) {
        return fail_unknown(call, number, &found);
    }
    while (found.length > 0 && found.text[found.length - 1] == '\n') {
        found.length--;
    }
    if (pyw_call_option(call, "json") != NULL) {
        print_entry_json(tag, &found);
    }
    else {
        print_entry(tag, &found);
    }
    return PYW_COMMAND_DONE;
}

static const pyw_verb_option options[] = {{"json", NULL, "print one JSON object"}, {NULL, NULL, NULL}};

const pyw_verb pyw_verb_explain = {
    "explain",
    "TAG",
    "Explain a log message by its tag",
    "TAG is the tag of a record in httpd's error log, such as PYW0610, or its number. The text is that of\n"
    "docs/errors.md: what the message means, what the client gets, and what to do.\n",
    options,
    run_explain,
};
