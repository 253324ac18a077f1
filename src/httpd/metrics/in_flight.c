/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/metrics/in_flight.h"

#include <http_protocol.h>

#include "httpd/metrics/metrics.h"
#include "httpd/status/in_flight.h"

/* The number of requests of a series in each phase. */
typedef int phase_counts[PYW_BOARD_PHASES];

static phase_counts *count_phases(apr_pool_t *pool, uint32_t series_count)
{
    const pyw_board *board = pyw_in_flight_board();
    phase_counts *counts = apr_pcalloc(pool, series_count * sizeof(*counts));

    for (uint32_t i = 0; i < pyw_board_capacity(board); i++) {
        pyw_board_request request;
        pyw_board_place place;
        pyw_board_phase phase = pyw_board_read(board, i, &request, &place);

        if (phase != PYW_BOARD_IDLE && request.series < series_count) {
            counts[request.series][phase]++;
        }
    }
    return counts;
}

void pyw_metrics_in_flight_write(const pyw_exposition *out)
{
    const pyw_series_table *table = pyw_metrics_table();
    uint32_t series_count = pyw_series_count(table);
    phase_counts *counts = count_phases(out->r->pool, series_count);

    pyw_exposition_describe(out, "pywsgi_requests_in_flight", "gauge", "Requests in flight, by phase.");
    for (uint32_t i = 0; i < series_count; i++) {
        const pyw_series *series = pyw_series_at(table, i);

        for (unsigned phase = PYW_BOARD_BODY; phase < PYW_BOARD_PHASES && pyw_series_is_used(series); phase++) {
            ap_rprintf(out->r, "pywsgi_requests_in_flight{%s,phase=\"%s\"} %d\n",
                       pyw_exposition_labels(out->r->pool, series), pyw_board_phase_name(phase), counts[i][phase]);
        }
    }
}
