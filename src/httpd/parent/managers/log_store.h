/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_MANAGERS_LOG_STORE_H
#define PYW_HTTPD_PARENT_MANAGERS_LOG_STORE_H

/*
 * A socket pair that keeps the workers' log pipes while no manager is alive. The manager writes the reading end of each
 * pipe to one socket. If it is killed, the next manager reads them from the other. In httpd's parent, which holds both
 * sockets and uses neither; they persist over restarts.
 */

/* The socket to write to (0) or to read from (1), created at the first use; log_store.c remains its owner. -1: none. */
int pyw_log_store_fd(int end);

/* Closes the pair, so that a new manager gets a new pair: the old manager, which still runs, keeps its stored pipes. */
void pyw_log_store_renew(void);

/* In a child: closes both sockets. */
void pyw_log_store_child_init(void);

#endif
