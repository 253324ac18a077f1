/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_METRICS_GROUPS_H
#define PYW_HTTPD_METRICS_GROUPS_H

/* The metrics of process groups: their present state, and the counters of the manager. */

#include "httpd/metrics/exposition.h"

/* On the thread of the request. */
void pyw_metrics_groups_write(const pyw_exposition *out);

#endif
