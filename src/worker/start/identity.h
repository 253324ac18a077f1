/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_IDENTITY_H
#define PYW_WORKER_START_IDENTITY_H

/*
 * The worker becomes its user: ids, priority, umask, directory, environment, locale. Main thread, before any other
 * thread exists and before a file of Python is opened.
 */

#include <sys/types.h>

#include "base/result.h"
#include "config/options/settings.h"
#include "config/options/worker_options.h"

/* Takes on everything for good, and verifies that it cannot be taken back. On failure the process must not serve. */
pyw_result pyw_identity_assume(const pyw_worker_options *options, const pyw_settings *settings, pyw_problem *problem);

#endif
