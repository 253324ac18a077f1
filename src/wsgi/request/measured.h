/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_REQUEST_MEASURED_H
#define PYW_WSGI_REQUEST_MEASURED_H

/*
 * The cost of a request, for the event request_finished (wsgi/request/events.h). Part of a pyw_request. Counts are
 * always taken; times only if the event has subscribers, because they need calls of the clock.
 */

#include "python/python.h"

#include <stdint.h>

#include "base/clock.h"

typedef struct pyw_measured {
    PyObject *start; /* the facts of the event request_started; NULL: no subscribers, times are not measured */
    double cpu_user, cpu_system; /* of the thread when the request began, seconds */
    unsigned reads, writes, gil_waits;
    uint64_t read_bytes;
    int64_t read_us, write_us, gil_wait_us;
} pyw_measured;

/* Microseconds; 0 if times are not measured. */
static inline int64_t pyw_measured_clock(const pyw_measured *measured)
{
    return measured->start != NULL ? pyw_clock_us() : 0;
}

#endif
