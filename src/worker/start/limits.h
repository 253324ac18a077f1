/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_LIMITS_H
#define PYW_WORKER_START_LIMITS_H

/*
 * What the kernel allows a worker and the programs that it starts: memory-limit, virtual-memory-limit, process-limit,
 * file-limit, core-limit. For good: the hard limits are set, too.
 */

#include "base/result.h"
#include "config/options/worker_options.h"

/*
 * On the main thread, before the ids change (only root can raise a limit) and before Python starts. A limit that cannot
 * be raised so far is what it was, with a warning; one that cannot be set at all is a failure: then the process must
 * not serve.
 */
pyw_result pyw_limits_set(const pyw_worker_options *options, pyw_problem *problem);

#endif
