/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_ATFORK_H
#define PYW_WSGI_ATFORK_H

/*
 * What happens in each process that is forked from this one while Python runs, whoever forks it. The only place of the
 * engine that knows pthread_atfork(3): it makes all locks of the engine anew, since a thread that does not exist in the
 * new process may hold them; and if an application has forked, it takes everything from the new process that belongs to
 * the host.
 */

#include "wsgi/engine.h"

/* Before threads exist; once in a process and its forks. The host is referred to. */
void pyw_atfork_install(const pyw_engine_host *host);

#endif
