/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/page/html_table.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "base/log.h"

enum { ESCAPE_LENGTH = 4 /* of a byte: \xHH */ };

void pyw_html_table_begin(pyw_html_table *table, request_rec *r, const char *heading, const char *const *columns)
{
    *table = (pyw_html_table){r, columns, -1};
    ap_rvputs(r, "<h2>", ap_escape_html(r->pool, heading), "</h2>\n<table>\n<tr>", NULL);
    for (int i = 0; columns[i]; i++) {
        ap_rvputs(r, "<th>", columns[i], "</th>", NULL);
    }
}

void pyw_html_table_row(pyw_html_table *table)
{
    ap_rputs("</tr>\n<tr>", table->r);
    table->column = 0;
}

/* As in the log: a bidirectional control would show a URL in another order, and bytes may be no UTF-8. */
static const char *printable(apr_pool_t *pool, const char *text)
{
    size_t length = strlen(text), size = length * ESCAPE_LENGTH + 1;
    char *out = apr_palloc(pool, size);

    pyw_log_escape(out, size, text, length);
    return out;
}

void pyw_html_table_text(pyw_html_table *table, const char *style, const char *text)
{
    apr_pool_t *pool = table->r->pool;

    ap_rprintf(table->r, "<td data-label=\"%s\" class=\"%s\">", table->columns[table->column++], style);
    ap_rvputs(table->r, ap_escape_html(pool, printable(pool, text)), "</td>", NULL);
}

void pyw_html_table_button(pyw_html_table *table, const char *name, const char *value, const char *label)
{
    ap_rvputs(table->r, "<td data-label=\"", table->columns[table->column++],
              "\"><form method=\"post\"><button name=\"", name, "\" value=\"", ap_escape_html(table->r->pool, value),
              "\">", label, "</button></form></td>", NULL);
}

void pyw_html_table_number(pyw_html_table *table, apr_uint64_t number)
{
    pyw_html_table_text(table, "number", apr_psprintf(table->r->pool, "%" APR_UINT64_T_FMT, number));
}

void pyw_html_table_time(pyw_html_table *table, apr_uint64_t milliseconds)
{
    apr_uint64_t seconds = milliseconds / 1000;
    apr_pool_t *pool = table->r->pool;
    const char *text;

    if (seconds < 60) {
        text = apr_psprintf(pool, "%u.%03u s", (unsigned)seconds, (unsigned)(milliseconds % 1000));
    }
    else if (seconds < 3600) {
        text = apr_psprintf(pool, "%u min %u s", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
    }
    else if (seconds < 86400) {
        text = apr_psprintf(pool, "%u h %u min", (unsigned)(seconds / 3600), (unsigned)(seconds / 60 % 60));
    }
    else {
        text = apr_psprintf(pool, "%" APR_UINT64_T_FMT " d %u h", seconds / 86400, (unsigned)(seconds / 3600 % 24));
    }
    pyw_html_table_text(table, "number", text);
}

void pyw_html_table_size(pyw_html_table *table, apr_uint64_t bytes)
{
    apr_uint64_t mib = (bytes + (1 << 19)) >> 20;

    pyw_html_table_text(table, "number",
                        bytes > 0 ? apr_psprintf(table->r->pool, "%" APR_UINT64_T_FMT " MiB", mib) : "-");
}

void pyw_html_table_end(pyw_html_table *table)
{
    ap_rputs("</tr>\n</table>\n", table->r);
}
