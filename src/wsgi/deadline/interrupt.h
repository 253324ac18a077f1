/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_DEADLINE_INTERRUPT_H
#define PYW_WSGI_DEADLINE_INTERRUPT_H

/*
 * The part of the deadline monitor that needs the GIL: it takes the Python stack of a thread, raises an exception in
 * the thread, and writes the report. It also writes the report when the GIL is not available.
 */

#include "wsgi/deadline/monitor.h"

extern const pyw_monitor_reports pyw_interrupt;

#endif
