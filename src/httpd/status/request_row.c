/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/request_row.h"

#include <apr_strings.h>

const char *const pyw_request_columns[] = {"age", "phase",  "virtual host", "group", "worker", "method",
                                           "URL", "client", "id",           "stack", NULL};

void pyw_request_row_put(pyw_html_table *table, const pyw_report_request *shown)
{
    request_rec *r = table->r;
    uint32_t worker = shown->place.worker;

    pyw_html_table_row(table);
    pyw_html_table_time(table, shown->age);
    pyw_html_table_text(table, "", pyw_board_phase_name(shown->phase));
    pyw_html_table_text(table, "", shown->vhost);
    pyw_html_table_text(table, "", shown->group);
    pyw_html_table_text(table, "number", worker ? apr_psprintf(r->pool, "%u", (unsigned)worker) : "-");
    pyw_html_table_text(table, "", shown->request.method);
    pyw_html_table_text(table, "text", shown->request.url);
    pyw_html_table_text(table, "", shown->request.client);
    pyw_html_table_text(table, "", shown->request.id);
    if (shown->phase == PYW_BOARD_APPLICATION) {
        pyw_html_table_button(table, "request", shown->key, "Show");
    }
    else {
        pyw_html_table_text(table, "", "-");
    }
}
