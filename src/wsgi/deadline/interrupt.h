/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_DEADLINE_INTERRUPT_H
#define PYW_WSGI_DEADLINE_INTERRUPT_H

/*
 * The half of pyw_monitor that needs the GIL: it takes the Python stack of a thread, raises an exception in it, and
 * writes the report. And the report for the case that the GIL cannot be had.
 */

#include "wsgi/deadline/monitor.h"

extern const pyw_monitor_reports pyw_interrupt;

#endif
