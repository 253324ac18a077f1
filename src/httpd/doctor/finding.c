/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/doctor/finding.h"

#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "config/config.h"

APLOG_USE_MODULE(pywsgi);

#define WRITE "; write: "
#define WRITE_LINE "write: "

enum { TAG_LENGTH = 7 };

/* The longest escape, \xHH. */
enum { ESCAPED_MOST = 4 };

static char *escaped(apr_pool_t *pool, const char *text, apr_size_t length)
{
    apr_size_t size = ESCAPED_MOST * length + 1;
    char *out = apr_palloc(pool, size);

    pyw_log_escape(out, size, text, length);
    return out;
}

/* Moves the remedy from the end of the text to `write`. */
static void split_remedy(pyw_finding *finding, char *text)
{
    char *remedy = strstr(text, WRITE);

    finding->what = text;
    if (remedy) {
        *remedy = '\0';
        finding->write = remedy + sizeof(WRITE) - 1;
    }
}

/* Escapes each line. A line may contain the remedy. */
static void add_detail(apr_pool_t *pool, pyw_finding *finding, const char *detail)
{
    apr_size_t size = ESCAPED_MOST * strlen(detail) + 2;
    char *out = apr_pcalloc(pool, size);
    apr_size_t used = 0;

    finding->detail = out;
    while (*detail) {
        apr_size_t length = strcspn(detail, "\n");
        const char *line = out + used, *remedy;

        used += pyw_log_escape(out + used, size - used, detail, length);
        remedy = finding->write ? NULL : strstr(line, WRITE_LINE);
        if (remedy) {
            finding->write = apr_pstrdup(pool, remedy + sizeof(WRITE_LINE) - 1);
        }
        out[used++] = '\n';
        detail += length + (detail[length] != '\0');
    }
}

/* Whether an earlier finding has the same remedy, such as a directory that contains several applications. */
static int is_repeated(const apr_array_header_t *findings, const pyw_finding *finding)
{
    for (int i = 0; i < findings->nelts - 1; i++) {
        const pyw_finding *other = &APR_ARRAY_IDX(findings, i, const pyw_finding);

        if (strcmp(other->tag, finding->tag) == 0 && !*finding->detail && finding->write && other->write &&
            strcmp(other->write, finding->write) == 0) {
            return 1;
        }
    }
    return 0;
}

void pyw_finding_add(apr_array_header_t *findings, int is_error, const char *place, const char *text,
                     const char *detail)
{
    apr_pool_t *pool = findings->pool;
    pyw_finding *finding = apr_array_push(findings);
    char *line = escaped(pool, text, strlen(text));

    memset(finding, 0, sizeof(*finding));
    finding->is_error = is_error;
    finding->place = place;
    finding->tag = apr_pstrndup(pool, line, TAG_LENGTH);
    split_remedy(finding, strncmp(line + strnlen(line, TAG_LENGTH), ": ", 2) == 0 ? line + TAG_LENGTH + 2 : line);
    add_detail(pool, finding, detail);
    if (is_repeated(findings, finding)) {
        apr_array_pop(findings);
    }
}

static void print_text(const pyw_finding *finding)
{
    printf("%s %s: %s%s%s\n", finding->is_error ? "error" : "warning", finding->tag,
           finding->place ? finding->place : "", finding->place ? ": " : "", finding->what);
    for (const char *line = finding->detail; *line;) {
        size_t length = strcspn(line, "\n");

        printf("    %.*s\n", (int)length, line);
        line += length + (line[length] != '\0');
    }
    if (finding->write) {
        printf("  write: %s\n", finding->write);
    }
}

/* The text is escaped UTF-8, whose only control characters are tabs, and newlines in a detail. */
static void print_json_string(const char *name, const char *text)
{
    if (!text) {
        printf("\"%s\": null", name);
        return;
    }
    printf("\"%s\": \"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        if (*text == '\n' || *text == '\t') {
            fputs(*text == '\n' ? "\\n" : "\\t", stdout);
        }
        else {
            putchar(*text);
        }
    }
    putchar('"');
}

static void print_finding_json(const pyw_finding *finding)
{
    const char *const members[][2] = {{"tag", finding->tag},
                                      {"place", finding->place},
                                      {"what", finding->what},
                                      {"write", finding->write},
                                      {"detail", finding->detail}};

    printf("{\"severity\": \"%s\"", finding->is_error ? "error" : "warning");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        fputs(", ", stdout);
        print_json_string(members[i][0], members[i][1]);
    }
    puts("}");
}

void pyw_findings_print(const apr_array_header_t *findings, int as_json)
{
    for (int i = 0; i < findings->nelts; i++) {
        const pyw_finding *finding = &APR_ARRAY_IDX(findings, i, const pyw_finding);

        if (as_json) {
            print_finding_json(finding);
        }
        else {
            print_text(finding);
        }
    }
    fflush(stdout);
}

static void log_finding(const pyw_finding *finding)
{
    int level = (finding->is_error ? APLOG_ERR : APLOG_WARNING) | APLOG_STARTUP;

    ap_log_error(APLOG_MARK, level, 0, ap_server_conf, "%s: %s%s%s%s%s", finding->tag,
                 finding->place ? finding->place : "", finding->place ? ": " : "", finding->what,
                 finding->write ? WRITE : "", finding->write ? finding->write : "");
    for (const char *line = finding->detail; *line;) {
        size_t length = strcspn(line, "\n");

        ap_log_error(APLOG_MARK, level, 0, ap_server_conf, "    %.*s", (int)length, line);
        line += length + (line[length] != '\0');
    }
}

int pyw_findings_log(const apr_array_header_t *findings)
{
    int errors = 0;

    for (int i = 0; i < findings->nelts; i++) {
        const pyw_finding *finding = &APR_ARRAY_IDX(findings, i, const pyw_finding);

        log_finding(finding);
        errors += finding->is_error;
    }
    return errors;
}
