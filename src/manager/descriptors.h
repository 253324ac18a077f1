/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_DESCRIPTORS_H
#define PYW_MANAGER_DESCRIPTORS_H

/*
 * The limit of open descriptors. The manager has some descriptors for each group and each worker, so it raises its soft
 * limit to the hard limit. Workers get back httpd's limit: select(2) cannot watch descriptors above 1023, and some
 * programs close all descriptors up to the limit.
 */

/* At the start of the manager. */
void pyw_descriptors_raise(void);

/* In a new process between fork and exec, after its descriptors were set up. */
void pyw_descriptors_restore(void);

#endif
