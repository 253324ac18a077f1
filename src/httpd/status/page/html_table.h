/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_PAGE_HTML_TABLE_H
#define PYW_HTTPD_STATUS_PAGE_HTML_TABLE_H

/*
 * Tables of the status page. Each cell names its column, so that the page shows a row as a list on a narrow screen. All
 * texts are escaped. On the thread of the request.
 */

#include <httpd.h>
#include <stdint.h>

typedef struct pyw_html_table {
    request_rec *r;
    const char *const *columns; /* the last one is NULL */
    int column;                 /* of the next cell */
} pyw_html_table;

/* Begins a table with a heading. */
void pyw_html_table_begin(pyw_html_table *table, request_rec *r, const char *heading, const char *const *columns);

/* Begins a row. The row before ends here. */
void pyw_html_table_row(pyw_html_table *table);

/* The next cell of the row. `style`: "number", "bad", "text" (which may be long), or "". */
void pyw_html_table_text(pyw_html_table *table, const char *style, const char *text);
void pyw_html_table_number(pyw_html_table *table, apr_uint64_t number);

/* "1.250 s", "3 min 5 s", "2 d 4 h" */
void pyw_html_table_time(pyw_html_table *table, apr_uint64_t milliseconds);

/* "312 MiB"; 0: "-" */
void pyw_html_table_size(pyw_html_table *table, apr_uint64_t bytes);

/* A button that posts the field `name` with a value to the URL of the page. */
void pyw_html_table_button(pyw_html_table *table, const char *name, const char *value, const char *label);

/* Ends the table. */
void pyw_html_table_end(pyw_html_table *table);

#endif
