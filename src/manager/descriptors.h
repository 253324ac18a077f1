/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_DESCRIPTORS_H
#define PYW_MANAGER_DESCRIPTORS_H

/*
 * How many descriptors the manager may have: for each group and each worker it holds some, so it raises its soft limit
 * to the hard one. Workers get back the limit that httpd was started with: select(2) cannot watch descriptors above
 * 1023, and some programs close all up to the limit.
 */

/* At the manager's start. */
void pyw_descriptors_raise(void);

/* In a new process between fork and exec, when its descriptors are in their places. */
void pyw_descriptors_restore(void);

#endif
