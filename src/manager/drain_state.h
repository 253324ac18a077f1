/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_DRAIN_STATE_H
#define PYW_MANAGER_DRAIN_STATE_H

/* The state of the command drain (manager/command/drain.h), which the manager publishes and status shows. */

#include <stdint.h>

typedef enum {
    PYW_DRAIN_NONE = 0,
    PYW_DRAIN_WAITS,  /* readiness checks fail, requests are served */
    PYW_DRAIN_STOPS,  /* httpd got the signal to stop gracefully */
    PYW_DRAIN_FORCED, /* ... and later the signal to stop at once */
} pyw_drain_phase;

typedef struct pyw_drain {
    pyw_drain_phase phase;
    int64_t stop_at;  /* WAITS: when httpd gets the signal to stop gracefully */
    int64_t limit_ms; /* from then until it gets the signal to stop at once; 0: none */
} pyw_drain;

#endif
