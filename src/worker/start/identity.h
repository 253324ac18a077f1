/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_IDENTITY_H
#define PYW_WORKER_START_IDENTITY_H

/*
 * Changes the worker to its user: ids, priority, umask, directory, environment, locale. On the main thread, before
 * other threads exist and before a file of Python is opened.
 */

#include <sys/types.h>

#include "base/result.h"
#include "config/options/settings.h"
#include "config/options/worker_options.h"

/*
 * Applies all settings permanently, and verifies that root cannot be regained. On failure the process must not serve.
 */
pyw_result pyw_identity_assume(const pyw_worker_options *options, const pyw_settings *settings, pyw_problem *problem);

#endif
