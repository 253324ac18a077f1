/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_LOG_STORE_H
#define PYW_HTTPD_PARENT_LOG_STORE_H

/*
 * Keeps the pipes by which workers log while no manager is alive: a pair of sockets. The manager sends the reading end
 * of each pipe into one, where nobody reads it. If the manager is killed, the next one reads them from the other. In
 * httpd's parent, which holds both sockets and uses neither; they outlive restarts.
 */

/* The socket to write to (0) or to read from (1), made at the first use; stays here. -1: there is none. */
int pyw_log_store_fd(int end);

/* A manager is started while another one lives, which keeps what it has stored: the next use makes a new pair. */
void pyw_log_store_renew(void);

/* In a child: they are not its business. */
void pyw_log_store_child_init(void);

#endif
