/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_LOG_STORE_H
#define PYW_MANAGER_LOG_STORE_H

/*
 * The manager's side of what httpd keeps for the case that the manager is killed (httpd/parent/log_store.h): the
 * reading ends of the workers' pipes, each in a message with the worker's pid and the name of its group, which nobody
 * reads before the next manager does. On the manager's only thread.
 */

#include <sys/types.h>

enum { PYW_LOG_STORE_NAME = 256 };

typedef struct pyw_log_store {
    int ends[2];    /* to write to, to read from; -1: httpd has none */
    unsigned count; /* of messages in it, also for pipes that have ended since */
    unsigned round; /* counts up when it was emptied: what was stored before is no longer in it */
} pyw_log_store;

void pyw_log_store_init(pyw_log_store *store);

/* From httpd: which end it is; owns `fd` from now on. The one that it has already comes again with each restart. */
void pyw_log_store_take(pyw_log_store *store, unsigned end, int fd);

/* `fd` stays the caller's. 0: the store is full; the pipe is to be put again later. */
int pyw_log_store_put(pyw_log_store *store, int fd, pid_t pid, const char *group);

/* Takes one out. Returns a descriptor, which is the caller's; -1: that was all, and a new round begins. */
int pyw_log_store_get(pyw_log_store *store, pid_t *pid, char group[PYW_LOG_STORE_NAME]);

/* Empties it if most of what it holds must have ended; `alive`: how many have not. */
void pyw_log_store_tidy(pyw_log_store *store, unsigned alive);

#endif
