/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_LOG_STORE_H
#define PYW_MANAGER_LOG_STORE_H

/*
 * The manager's side of the store that httpd keeps in case the manager is killed (httpd/parent/managers/log_store.h):
 * the reading ends of the workers' pipes, each in a message with the worker's pid and the name of its group. Only the
 * next manager reads them. On the manager's only thread.
 */

#include <sys/types.h>

enum { PYW_LOG_STORE_NAME = 256 };

typedef struct pyw_log_store {
    int ends[2];    /* for writing, for reading; -1: httpd has none */
    unsigned count; /* number of messages, including pipes that have ended */
    unsigned round; /* incremented when the store is emptied: earlier entries are no longer in it */
} pyw_log_store;

void pyw_log_store_init(pyw_log_store *store);

/* httpd sends an end, which the store owns from now on. At each restart it sends the same end again. */
void pyw_log_store_take(pyw_log_store *store, unsigned end, int fd);

/* The caller keeps `fd`. 0: the store is full; try again later. */
int pyw_log_store_put(pyw_log_store *store, int fd, pid_t pid, const char *group);

/* Removes an entry. Returns a descriptor, which the caller owns; -1: the store is empty, and a new round begins. */
int pyw_log_store_get(pyw_log_store *store, pid_t *pid, char group[PYW_LOG_STORE_NAME]);

/* Empties the store if most of its pipes must have ended; `alive`: the number of pipes that have not. */
void pyw_log_store_tidy(pyw_log_store *store, unsigned alive);

#endif
