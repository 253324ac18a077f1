/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_START_PROCESS_TITLE_H
#define PYW_WORKER_START_PROCESS_TITLE_H

/*
 * The arguments that ps(1) shows for a worker: "pywsgid --worker GROUP", or display-name= alone. Main thread only.
 */

/*
 * Notes main()'s arguments, which must live as long as the process. With display-name= (the role is the last argument)
 * the role is erased.
 */
void pyw_process_title_begin(int argc, char **argv);

/*
 * Changes the arguments of a template into those of a worker, in a forked worker. A title that the application has set
 * (setproctitle) is preserved.
 */
void pyw_process_title_become_worker(void);

#endif
