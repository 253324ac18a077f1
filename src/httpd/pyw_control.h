/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONTROL_H
#define PYW_CONTROL_H

/* The control channel of httpd's parent to the process manager. */

#include <httpd.h>

#include "base/pyw_result.h"

/*
 * Starts `pywsgid --manager` with fork and exec: nothing of httpd's memory, and no descriptor but the error log and the
 * control channel, comes into it. *control_fd is ours, closed on exec. `legacy`: of pyw_control_hand_over, or -1; stays
 * the caller's.
 */
pyw_result pyw_control_spawn(pid_t *pid, int *control_fd, int legacy, pyw_problem *problem);

/* Tells a manager that another one will take over. *legacy: the channel to it, for the new one; the caller's. */
pyw_result pyw_control_hand_over(int control_fd, int *legacy, pyw_problem *problem);

#define PYW_STAMP_SIZE 96

/* Which file a path leads to, and in which state: device, inode, time of change, size. "": there is none. */
void pyw_control_stamp(const char *path, char stamp[PYW_STAMP_SIZE]);

/* That of pywsgid as a manager would be started from now. */
void pyw_control_program_stamp(char stamp[PYW_STAMP_SIZE]);

/* Sends all process groups, and waits until every socket is bound. */
pyw_result pyw_control_configure(int control_fd, apr_pool_t *ptemp, server_rec *main_server, pyw_problem *problem);

#endif
