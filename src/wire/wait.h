/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WIRE_WAIT_H
#define PYW_WIRE_WAIT_H

/*
 * Waiting for a socket with a deadline, for both halves of a channel. Any thread. Deadlines: ms, as pyw_clock_ms().
 */

#include <stdint.h>

#include "base/result.h"

/* The moment `timeout_ms` from now; a negative timeout never ends. */
int64_t pyw_wait_deadline(int timeout_ms);

/*
 * Waits for poll(2) `events`. PYW_OK: ready, or in an error that the next call on the socket reports. PYW_TIMEOUT,
 * PYW_FAILED (errno). Continues after signals.
 */
pyw_result pyw_wait(int fd, short events, int64_t deadline);

/* The result for errno after a call on a socket: PYW_AGAIN, PYW_GONE or PYW_FAILED. */
pyw_result pyw_wait_result(void);

#endif
