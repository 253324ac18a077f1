/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_MANAGERS_CONTROL_H
#define PYW_HTTPD_PARENT_MANAGERS_CONTROL_H

/* The control channel of httpd's parent to the process manager. */

#include <apr_tables.h>
#include <httpd.h>
#include <stdint.h>

#include "base/result.h"

/*
 * Starts `pywsgid --manager` with fork and exec. It inherits nothing of httpd's memory, and only the descriptors of the
 * error log and the control channel. *control_fd: our end, close-on-exec. `legacy`: from pyw_control_hand_over, or -1;
 * the caller remains its owner.
 */
pyw_result pyw_control_spawn(pid_t *pid, int *control_fd, int legacy, pyw_problem *problem);

/*
 * Sends HANDOVER: another manager takes over. *legacy: the channel between the managers, for the new manager; the
 * caller owns it.
 */
pyw_result pyw_control_hand_over(int control_fd, int *legacy, pyw_problem *problem);

/* The problem of a manager that has exited. Its own records contain the reason. */
#define PYW_CONTROL_EXITED "it exited without an answer; see the error log"

/*
 * Sends HANDOVER with flags 1: the new manager has its configuration, and the old one may exit. PYW_FAILED: see errno.
 */
pyw_result pyw_control_complete_handover(int control_fd);

#define PYW_STAMP_SIZE 96

/* Identifies a file and its version: device, inode, modification time, size. "": there is no file. */
void pyw_control_stamp(const char *path, char stamp[PYW_STAMP_SIZE]);

/* The stamp of pywsgid on disk. */
void pyw_control_program_stamp(char stamp[PYW_STAMP_SIZE]);

/* The path of pywsgid. */
const char *pyw_control_program(apr_pool_t *pool);

/* The settings that are the same for all process groups, as pairs. */
apr_table_t *pyw_control_settings(apr_pool_t *pool, const server_rec *main_server);

/* Closes all descriptors from `first` on. Only system calls, for use after fork. */
void pyw_control_close_from(int first);

/*
 * Sends a configuration with all process groups to a manager, and reads the answer. Never waits longer than the
 * caller's deadline.
 */
typedef struct pyw_delivery pyw_delivery;

/*
 * `unanswered`: the number of earlier configurations that the manager has not answered. NULL: no memory or descriptor.
 * Allocates a subpool of `parent`; pyw_delivery_end() destroys it.
 */
pyw_delivery *pyw_delivery_begin(apr_pool_t *parent, int control_fd, int unanswered, server_rec *main_server);
void pyw_delivery_end(pyw_delivery *delivery);

/*
 * Continues until `deadline` (pyw_clock_ms()). PYW_OK: the manager has accepted the configuration. PYW_TIMEOUT: call
 * again. PYW_FAILED: the manager has refused it, and keeps its previous one. PYW_GONE: the manager is dead, or violates
 * the protocol, or the configuration cannot be sent. The last two set *problem.
 */
pyw_result pyw_delivery_continue(pyw_delivery *delivery, int64_t deadline, pyw_problem *problem);

/*
 * The number of configurations without an answer. -1: the manager has received only a part of a configuration, and
 * cannot get another configuration.
 */
int pyw_delivery_unanswered(const pyw_delivery *delivery);

#endif
