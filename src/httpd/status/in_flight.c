/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/in_flight.h"

#include <ap_mpm.h>
#include <errno.h>
#include <http_log.h>
#include <http_main.h>

#include "base/log.h"
#include "httpd/child_context.h"
#include "httpd/metrics/metrics.h"
#include "httpd/shared_segment.h"

APLOG_USE_MODULE(pywsgi);

/* Entries for the threads of mod_http2, in addition to those of the MPM. */
#define SPARE 256
#define CAPACITY_MOST 65536

static apr_uint32_t wanted_capacity(void)
{
    int processes = 0, threads = 0;
    apr_uint32_t wanted;

    ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_HARD_LIMIT_THREADS, &threads);
    wanted = (apr_uint32_t)processes * (apr_uint32_t)(threads > 0 ? threads : 1) + SPARE;
    return wanted < CAPACITY_MOST ? wanted : CAPACITY_MOST;
}

pyw_result pyw_in_flight_prepare(void)
{
    apr_uint32_t capacity = wanted_capacity();
    pyw_board *board;
    int is_new;

    board = pyw_httpd_child.board = pyw_shared_segment("requests", pyw_board_size(capacity), &is_new);
    if (!board) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, ap_server_conf,
                     PYWNO(0214) "no shared memory for the list of running requests");
        return PYW_FAILED;
    }
    if (is_new) {
        pyw_board_init(board, capacity);
    }
    return PYW_OK;
}

void pyw_in_flight_child_init(void)
{
    pyw_board_adopt(pyw_httpd_child.board);
}

void pyw_in_flight_begin(request_rec *r, pyw_target *target)
{
    const pyw_board_description described = {r->method, r->unparsed_uri, r->useragent_ip, target->timing.id,
                                             pyw_series_index(pyw_metrics_table(), target->measure.series)};

    target->measure.board = pyw_board_begin(pyw_httpd_child.board, target->timing.arrival, &described);
}

void pyw_in_flight_end(pyw_target *target)
{
    pyw_board_set(target->measure.board, PYW_BOARD_IDLE);
}

const pyw_board *pyw_in_flight_board(void)
{
    return pyw_httpd_child.board;
}
