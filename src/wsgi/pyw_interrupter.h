/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_INTERRUPTER_H
#define PYW_INTERRUPTER_H

/*
 * The half of pyw_overseer that needs the GIL: it takes the Python stack of a thread, raises an exception in it, and
 * writes the report. And the report for the case that the GIL cannot be had.
 */

#include "wsgi/pyw_overseer.h"

/* The interrupter's thread. */
void *pyw_interrupter_main(void *unused);

/* The overseer, with its lock: notes what the report of a request says for which the GIL cannot be had ... */
void pyw_interrupter_note_unheard(const pyw_overseen *overseen);

/* ... and, without the lock, writes it, with the stacks of all threads. */
void pyw_interrupter_report_unheard(void);

#endif
