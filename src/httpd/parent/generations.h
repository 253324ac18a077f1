/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_GENERATIONS_H
#define PYW_HTTPD_PARENT_GENERATIONS_H

/*
 * Counts the children of each generation. Each restart begins a generation, and after a graceful restart children of
 * earlier generations continue. In httpd's parent, on its only thread; retained over restarts.
 */

#include <ap_mpm.h>
#include <httpd.h>

/* The child_status hook. */
void pyw_generations_child_status(server_rec *server, pid_t pid, ap_generation_t generation, int slot,
                                  mpm_child_status status);

/* The generation of this configuration's children. */
ap_generation_t pyw_generations_current(void);

/* Whether all children of `generation` and of earlier generations have exited. */
int pyw_generations_are_gone(ap_generation_t generation);

#endif
