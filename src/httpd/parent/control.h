/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_CONTROL_H
#define PYW_HTTPD_PARENT_CONTROL_H

/* The control channel of httpd's parent to the process manager. */

#include <httpd.h>
#include <stdint.h>

#include "base/result.h"

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

/* Closes `first` and every descriptor above it. For a new process: nothing but system calls. */
void pyw_control_close_from(int first);

/*
 * The configuration on its way to a manager: all process groups, and the answer, that every socket is bound. Nothing of
 * it waits for longer than the caller wants.
 */
typedef struct pyw_delivery pyw_delivery;

/*
 * `unanswered`: to how many configurations before this one the manager owes an answer. NULL: no memory or descriptor.
 * What it needs comes from a pool below `parent`; pyw_delivery_end() gives it back.
 */
pyw_delivery *pyw_delivery_begin(apr_pool_t *parent, int control_fd, int unanswered, server_rec *main_server);
void pyw_delivery_end(pyw_delivery *delivery);

/*
 * Goes on until `deadline` (pyw_clock_ms()). PYW_OK: the manager has taken it. PYW_TIMEOUT: call again. PYW_FAILED: it
 * refuses it, and goes on as it was. PYW_GONE: it is dead, or does not speak the protocol. The last two with *problem.
 */
pyw_result pyw_delivery_go_on(pyw_delivery *delivery, int64_t deadline, pyw_problem *problem);

/* How many answers the manager owes now. -1: it has got a part of a configuration, and can be sent no other one. */
int pyw_delivery_unanswered(const pyw_delivery *delivery);

#endif
