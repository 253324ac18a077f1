/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_SIGNALS_H
#define PYW_WSGI_SIGNALS_H

/*
 * Publishes signals to a worker as the event process_signal (pywsgi.subscribe_signals). A thread that the first signal
 * starts calls the subscribers, so that they do not delay the host.
 */

/* Any thread, no GIL. A signal that is already waiting to be published is not published twice. */
void pyw_signals_publish(int number);

/* Waits for running subscribers. Before Python ends, without the GIL. */
void pyw_signals_stop(void);

/* For a forked process, in which the thread does not exist. */
void pyw_signals_forget(void);

#endif
