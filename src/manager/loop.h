/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_LOOP_H
#define PYW_MANAGER_LOOP_H

/* The main function of the manager. Returns the exit status. `is_successor`: an older manager hands over its groups. */
int pyw_manager_main(int is_successor);

#endif
