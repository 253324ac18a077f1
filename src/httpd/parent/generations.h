/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_PARENT_GENERATIONS_H
#define PYW_HTTPD_PARENT_GENERATIONS_H

/*
 * Which generations of httpd's children still live: each restart begins another one, and a graceful one leaves children
 * of the generations before. Counted in httpd's parent, on its only thread, and retained over restarts.
 */

#include <ap_mpm.h>
#include <httpd.h>

/* The child_status hook. */
void pyw_generations_child_status(server_rec *server, pid_t pid, ap_generation_t generation, int slot,
                                  mpm_child_status status);

/* The generation of the children that this configuration will have. */
ap_generation_t pyw_generations_current(void);

/* Has every child ended that was started with the configuration of `generation` or an earlier one? */
int pyw_generations_are_gone(ap_generation_t generation);

#endif
