/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_METRICS_IN_FLIGHT_H
#define PYW_HTTPD_METRICS_IN_FLIGHT_H

/* The requests in flight in each virtual host and group, by phase. */

#include "httpd/metrics/exposition.h"

/* On the thread of the request. */
void pyw_metrics_in_flight_write(const pyw_exposition *out);

#endif
