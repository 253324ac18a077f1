/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_LIMITS_H
#define PYW_WORKER_START_LIMITS_H

/*
 * Resource limits of a worker and the programs that it starts: memory-limit, virtual-memory-limit, process-limit,
 * file-limit, core-limit. The hard limits are set, too, so they are permanent.
 */

#include "base/result.h"
#include "config/options/worker_options.h"

/*
 * On the main thread, before the ids change (only root can raise a limit) and before Python starts. If a limit cannot
 * be raised, a warning is logged and the previous limit remains. If a limit cannot be set at all, the function fails,
 * and the process must not serve.
 */
pyw_result pyw_limits_set(const pyw_worker_options *options, pyw_problem *problem);

#endif
