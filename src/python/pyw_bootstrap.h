/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BOOTSTRAP_H
#define PYW_BOOTSTRAP_H

/* The Python source of the module `pywsgi`, run once in each interpreter. */
extern const char pyw_bootstrap_source[];
extern const char pyw_bootstrap_processes[];

#endif
