/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_COMMAND_DRAIN_H
#define PYW_MANAGER_COMMAND_DRAIN_H

/*
 * The command drain takes this httpd out of a load balancer: readiness checks (SetHandler pywsgi-ready) fail at once,
 * requests are served for some time, and then httpd stops gracefully. A restart of httpd ends the drain. On the
 * manager's only thread.
 */

#include "manager/command/server.h"

enum { PYW_DRAIN_DEFAULT_S = 30, PYW_DRAIN_MOST_S = 24 * 60 * 60 };

/*
 * httpd stops gracefully in `seconds`, and if it has not stopped `deadline` seconds after that, at once; 0: its
 * GracefulShutdownTimeout alone limits it. A later call changes the times, until httpd gets the signal to stop.
 */
void pyw_drain_begin(pyw_manager *manager, long seconds, long deadline, const char *who);

/* Answers the client now, or when httpd has stopped. */
void pyw_drain_answer(pyw_manager *manager, pyw_command_client *client, int is_waiting);

/* httpd was restarted, and continues to serve. */
void pyw_drain_cancel(pyw_manager *manager);

/* After every event: takes the steps that are due. Returns when to call it again. */
int64_t pyw_drain_step(pyw_manager *manager);

#endif
