/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_PROFILE_H
#define PYW_WORKER_WATCH_PROFILE_H

/*
 * Samples the Python stacks of this worker for `pywsgi profile`, on two threads: one takes the samples and may have to
 * wait for the GIL, the other ends the profile on time and writes the result. All calls on the main thread.
 */

#include "wire/message.h"
#include "wsgi/engine.h"

typedef struct pyw_profile pyw_profile;

/*
 * Starts a profile. At its end the folded stacks are written to `fd`, a pipe, which is closed. Python must have been
 * started. NULL: the profile cannot start; `fd` got a line that says so, and is closed.
 */
pyw_profile *pyw_profile_start(const pyw_engine *engine, int fd, const pyw_message_profile *request);

/* The result was written and no thread is left. */
int pyw_profile_is_over(const pyw_profile *profile);

/* Refuses a request because another profile is running. Closes `fd`. */
void pyw_profile_refuse(int fd);

/* Ends the profile now, writes what it has, and frees it. Waits until Python responds. NULL is allowed. */
void pyw_profile_stop(pyw_profile *profile);

#endif
