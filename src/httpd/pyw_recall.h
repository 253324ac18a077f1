/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_RECALL_H
#define PYW_RECALL_H

/*
 * How a thread of any httpd process that waits for its worker is told at once that its request is better off elsewhere:
 * by SIGURG, which is ignored unless somebody asks for it, so that a signal that comes too late for its process harms
 * no other. It is blocked in these threads but for the moment in which they wait: none is lost. Knows no httpd.h.
 */

#include <poll.h>
#include <stdint.h>

/* In a new child. */
void pyw_recall_child_init(void);

/* The id of the calling thread, which can be told from now on. */
int32_t pyw_recall_thread(void);

/* As poll(2): -1 with EINTR for a thread that is told, or was since it waited last. */
int pyw_recall_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/* Tells a thread. 0: it is gone. */
int pyw_recall_send(int32_t process, int32_t thread);

#endif
