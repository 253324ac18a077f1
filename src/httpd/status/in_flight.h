/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_IN_FLIGHT_H
#define PYW_HTTPD_STATUS_IN_FLIGHT_H

/* Shows the requests of applications in flight on the board that httpd's processes share. */

#include <httpd.h>

#include "base/result.h"
#include "httpd/status/board.h"
#include "httpd/target.h"

/* In httpd's parent, before the children start. PYW_FAILED: out of memory, which was logged; httpd cannot serve. */
pyw_result pyw_in_flight_prepare(void);

/* In a new child, before its threads start. */
void pyw_in_flight_child_init(void);

/* On the thread of the request, which has a series: from now on until pyw_in_flight_end(), it is shown. */
void pyw_in_flight_begin(request_rec *r, pyw_target *target);
void pyw_in_flight_end(pyw_target *target);

const pyw_board *pyw_in_flight_board(void);

#endif
