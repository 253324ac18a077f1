/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONTROL_H
#define PYW_CONTROL_H

/* The control channel of httpd's parent to the process manager. */

#include <httpd.h>

#include "base/pyw_result.h"

/*
 * Starts `pywsgid --manager` with fork and exec: nothing of httpd's memory, and no descriptor but the error log and the
 * control channel, comes into it. *control_fd is ours, closed on exec.
 */
pyw_result pyw_control_spawn(pid_t *pid, int *control_fd, pyw_problem *problem);

/* Sends all process groups, and waits until every socket is bound. */
pyw_result pyw_control_configure(int control_fd, apr_pool_t *ptemp, server_rec *main_server, pyw_problem *problem);

#endif
