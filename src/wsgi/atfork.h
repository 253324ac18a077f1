/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_ATFORK_H
#define PYW_WSGI_ATFORK_H

/*
 * Cleans up in each process that is forked from this process while Python runs, no matter which code forks. The only
 * user of pthread_atfork(3) in the engine. It re-initialises all locks of the engine, because threads that do not exist
 * in the new process may hold them. If an application has forked, it closes all resources of the host in the new
 * process.
 */

#include "wsgi/engine.h"

/* Call this once, before threads exist; forked processes inherit the handlers. The host must stay valid. */
void pyw_atfork_install(const pyw_engine_host *host);

#endif
