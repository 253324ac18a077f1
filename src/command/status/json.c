/* SPDX-License-Identifier: Apache-2.0 */
#include "command/status/json.h"

#include <stdio.h>
#include <string.h>

#include "command/json_text.h"
#include "command/status/rows.h"

typedef enum { FIELD_TEXT, FIELD_NUMBER, FIELD_LIST, FIELD_NUMBERS } field_kind;

typedef struct json_field {
    const char *name;
    field_kind kind;
} json_field;

static const json_field manager_fields[] = {
    {"pid", FIELD_NUMBER},     {"httpd", FIELD_NUMBER},     {"version", FIELD_TEXT}, {"server", FIELD_TEXT},
    {"directory", FIELD_TEXT}, {"uptime-ms", FIELD_NUMBER}, {"drain", FIELD_TEXT},   {NULL, FIELD_TEXT},
};

static const json_field group_fields[] = {
    {"name", FIELD_TEXT},
    {"state", FIELD_TEXT},
    {"processes", FIELD_NUMBER},
    {"threads", FIELD_NUMBER},
    {"generation", FIELD_NUMBER},
    {"failures", FIELD_NUMBER},
    {"user", FIELD_TEXT},
    {"python-home", FIELD_TEXT},
    {"application", FIELD_LIST},
    {"health", FIELD_TEXT},
    {"reload-failed-at", FIELD_TEXT},
    {"reload-problem", FIELD_TEXT},
    {"canary", FIELD_TEXT},
    {"reload-at", FIELD_TEXT},
    {"reload-by", FIELD_TEXT},
    {"reload-result", FIELD_TEXT},
    {"restarts", FIELD_NUMBERS},
    {"waiting", FIELD_NUMBER},
    {NULL, FIELD_TEXT},
};

static const json_field worker_fields[] = {
    {"pid", FIELD_NUMBER},     {"state", FIELD_TEXT},   {"uptime-ms", FIELD_NUMBER}, {"served", FIELD_NUMBER},
    {"threads", FIELD_NUMBER}, {"busy", FIELD_NUMBER},  {"memory", FIELD_NUMBER},    {"generation", FIELD_NUMBER},
    {"request", FIELD_LIST},   {"problem", FIELD_TEXT}, {"cpu-ms", FIELD_NUMBER},    {NULL, FIELD_TEXT},
};

static const json_field request_fields[] = {
    {"request", FIELD_TEXT}, {"client", FIELD_TEXT}, {"id", FIELD_TEXT}, {"age-ms", FIELD_NUMBER}, {NULL, FIELD_TEXT},
};

static int is_of(const pyw_pair *pair, const json_field *field)
{
    return pair->name_length == strlen(field->name) && memcmp(pair->name, field->name, pair->name_length) == 0;
}

/* "request" becomes "requests": ["...", "..."]. */
static void print_list(const pyw_pairs *row, const json_field *field)
{
    const char *separator = "";

    printf("\"%ss\": [", field->name);
    for (uint32_t i = 0; i < row->count; i++) {
        if (is_of(&row->items[i], field)) {
            fputs(separator, stdout);
            pyw_json_print_text(row->items[i].value, row->items[i].value_length);
            separator = ", ";
        }
    }
    putchar(']');
}

/* "restarts.crash" and others become "restarts": {"crash": 1, ...}. */
static void print_numbers(const pyw_pairs *row, const json_field *field)
{
    size_t length = strlen(field->name);
    const char *separator = "";

    printf("\"%s\": {", field->name);
    for (uint32_t i = 0; i < row->count; i++) {
        const pyw_pair *pair = &row->items[i];

        if (pair->name_length > length + 1 && memcmp(pair->name, field->name, length) == 0 &&
            pair->name[length] == '.') {
            fputs(separator, stdout);
            pyw_json_print_text(pair->name + length + 1, pair->name_length - length - 1);
            printf(": %llu", (unsigned long long)pyw_status_digits(pair->value, pair->value_length));
            separator = ", ";
        }
    }
    putchar('}');
}

/* Names for JavaScript and jq: "uptime-ms" becomes "uptime_ms". */
static void print_name(const char *name)
{
    putchar('"');
    for (; *name != '\0'; name++) {
        putchar(*name == '-' ? '_' : *name);
    }
    fputs("\": ", stdout);
}

static void print_value(const pyw_pairs *row, const json_field *field)
{
    uint32_t length = 0;
    const char *value = pyw_pairs_get(row, field->name, &length);

    print_name(field->name);
    if (field->kind == FIELD_NUMBER) {
        printf("%llu", (unsigned long long)pyw_status_number(row, field->name));
    }
    else if (value == NULL) {
        fputs("null", stdout);
    }
    else {
        pyw_json_print_text(value, length);
    }
}

/* Without the closing brace. */
static void print_fields(const pyw_pairs *row, const json_field *fields)
{
    putchar('{');
    for (const json_field *field = fields; field->name != NULL; field++) {
        fputs(field == fields ? "" : ", ", stdout);
        if (field->kind == FIELD_LIST) {
            print_list(row, field);
        }
        else if (field->kind == FIELD_NUMBERS) {
            print_numbers(row, field);
        }
        else {
            print_value(row, field);
        }
    }
}

/* The requests whose rows follow that of their worker. Returns the number of the rows. */
static int print_requests(const apr_array_header_t *rows, int first)
{
    int count = 0;

    fputs(", \"running\": [", stdout);
    while (first + count < rows->nelts && pyw_status_is(&APR_ARRAY_IDX(rows, first + count, pyw_pairs), "request")) {
        fputs(count > 0 ? ",\n      " : "", stdout);
        print_fields(&APR_ARRAY_IDX(rows, first + count, pyw_pairs), request_fields);
        putchar('}');
        count++;
    }
    putchar(']');
    return count;
}

static void print_groups(const apr_array_header_t *rows, int first)
{
    int in_groups = 0, in_workers = 0;

    for (int i = first; i < rows->nelts; i++) {
        const pyw_pairs *row = &APR_ARRAY_IDX(rows, i, pyw_pairs);

        if (pyw_status_is(row, "group")) {
            fputs(in_groups ? "]},\n  " : "\n  ", stdout);
            print_fields(row, group_fields);
            fputs(",\n   \"workers\": [", stdout);
            in_groups = 1;
            in_workers = 0;
        }
        else if (in_groups && pyw_status_is(row, "worker")) {
            fputs(in_workers ? ",\n    " : "\n    ", stdout);
            print_fields(row, worker_fields);
            i += print_requests(rows, i + 1);
            putchar('}');
            in_workers = 1;
        }
    }
    fputs(in_groups ? "]}" : "", stdout);
}

void pyw_status_print_json(apr_pool_t *pool, const apr_array_header_t *rows)
{
    int has_manager = rows->nelts > 0 && pyw_status_is(&APR_ARRAY_IDX(rows, 0, pyw_pairs), "manager");

    (void)pool;
    fputs("{\"manager\": ", stdout);
    if (has_manager) {
        print_fields(&APR_ARRAY_IDX(rows, 0, pyw_pairs), manager_fields);
    }
    fputs(has_manager ? "},\n \"groups\": [" : "null,\n \"groups\": [", stdout);
    print_groups(rows, has_manager);
    fputs("]}\n", stdout);
}
