/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_FAILURES_H
#define PYW_WORKER_FAILURES_H

/* The kinds of failures of this worker's applications, on its board, where the manager reads them. */

#include "worker/heritage.h"

/* When the worker starts, and when a template has become a worker. `board` may be NULL. */
void pyw_worker_failures_use(pyw_board *board);

/* The `failed` of the engine's host. A kind that is on the board is ignored, and so are further ones if it is full. */
void pyw_worker_failures_note(uint64_t kind, const char *text);

#endif
