/* SPDX-License-Identifier: Apache-2.0 */
/* No library that pywsgid links writes JSON: this is what the status needs of it. */
#include <stdio.h>
#include <string.h>

#include "command/pyw_status_rows.h"

typedef enum { FIELD_TEXT, FIELD_NUMBER, FIELD_LIST } field_kind;

typedef struct json_field {
    const char *name;
    field_kind kind;
} json_field;

static const json_field manager_fields[] = {
    {"pid", FIELD_NUMBER},     {"httpd", FIELD_NUMBER},     {"version", FIELD_TEXT}, {"server", FIELD_TEXT},
    {"directory", FIELD_TEXT}, {"uptime-ms", FIELD_NUMBER}, {NULL, FIELD_TEXT},
};

static const json_field group_fields[] = {
    {"name", FIELD_TEXT},         {"state", FIELD_TEXT},      {"processes", FIELD_NUMBER}, {"threads", FIELD_NUMBER},
    {"generation", FIELD_NUMBER}, {"failures", FIELD_NUMBER}, {"user", FIELD_TEXT},        {"python-home", FIELD_TEXT},
    {"application", FIELD_LIST},  {"health", FIELD_TEXT},     {"reload-failed-at", FIELD_TEXT},
    {"reload-problem", FIELD_TEXT}, {NULL, FIELD_TEXT},
};

static const json_field worker_fields[] = {
    {"pid", FIELD_NUMBER},     {"state", FIELD_TEXT},  {"uptime-ms", FIELD_NUMBER}, {"served", FIELD_NUMBER},
    {"threads", FIELD_NUMBER}, {"busy", FIELD_NUMBER}, {"memory", FIELD_NUMBER},    {"generation", FIELD_NUMBER},
    {"request", FIELD_LIST},   {"problem", FIELD_TEXT}, {NULL, FIELD_TEXT},
};

/* The length of the UTF-8 sequence (RFC 3629) that starts here; 0: it is none. */
static size_t utf8_length(const unsigned char *text, size_t left)
{
    unsigned first = text[0];
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

    if (length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* Overlong ones, surrogates, and what is beyond U+10FFFF. */
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) || (first == 0xf0 && text[1] < 0x90) ||
        (first == 0xf4 && text[1] > 0x8f)) {
        return 0;
    }
    return length;
}

static void print_string(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t used = 0;

    putchar('"');
    while (used < length) {
        unsigned char byte = bytes[used];
        size_t sequence = utf8_length(bytes + used, length - used);

        if (byte == '"' || byte == '\\') {
            printf("\\%c", byte);
        }
        else if (byte < 0x20 || byte == 0x7f || sequence == 0) {
            printf("\\u%04x", byte);
        }
        else {
            fwrite(bytes + used, 1, sequence, stdout);
        }
        used += sequence > 0 ? sequence : 1;
    }
    putchar('"');
}

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
            print_string(row->items[i].value, row->items[i].value_length);
            separator = ", ";
        }
    }
    putchar(']');
}

/* Names as JavaScript and jq like them: "uptime-ms" becomes "uptime_ms". */
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
        print_string(value, length);
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
        else {
            print_value(row, field);
        }
    }
}

void pyw_status_print_json(apr_pool_t *pool, const apr_array_header_t *rows)
{
    int in_groups = 0, in_workers = 0;

    (void)pool;
    fputs("{\"manager\": ", stdout);
    for (int i = 0; i < rows->nelts; i++) {
        const pyw_pairs *row = &APR_ARRAY_IDX(rows, i, pyw_pairs);

        if (pyw_status_is(row, "manager")) {
            print_fields(row, manager_fields);
            fputs("},\n \"groups\": [", stdout);
        }
        else if (pyw_status_is(row, "group")) {
            fputs(in_groups ? "]},\n  " : "\n  ", stdout);
            print_fields(row, group_fields);
            fputs(",\n   \"workers\": [", stdout);
            in_groups = 1;
            in_workers = 0;
        }
        else if (pyw_status_is(row, "worker")) {
            fputs(in_workers ? ",\n    " : "\n    ", stdout);
            print_fields(row, worker_fields);
            putchar('}');
            in_workers = 1;
        }
    }
    fputs(in_groups ? "]}]}\n" : "]}\n", stdout);
}
