/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SERVE_H
#define PYW_SERVE_H

/* Connections of httpd's children, served one request after the other until the peer closes. */

#include <sys/types.h>

#include "base/pyw_buffer.h"
#include "wire/pyw_channel.h"
#include "wire/pyw_message.h"
#include "worker/pyw_heritage.h"
#include "worker/pyw_watch_list.h"
#include "wsgi/pyw_engine.h"

/* What all threads of the worker share; read-only once they run, `draining` aside. */
typedef struct pyw_service {
    const pyw_engine *engine;
    const char *group;       /* for log records */
    int timeout_ms;          /* of each wait for httpd's child */
    int send_buffer_size;    /* 0: the system's */
    int receive_buffer_size; /* 0: the system's */
    uid_t peers[3];          /* who may connect */
    int peer_count;
    pyw_board *board;        /* may be NULL */
    pyw_watch_list *watched; /* the applications that were asked for */
    volatile int draining;   /* begin nothing more */
} pyw_service;

/* One thread's. */
typedef struct pyw_server_thread {
    pyw_service *service;
    int number;            /* its slot on the board */
    pyw_application *last; /* that it served, to keep off the list's lock */
    pyw_channel *channel;
    pyw_pairs pairs;
    pyw_buffer request; /* the REQUEST payload, if a body follows */
    pyw_buffer scratch;
} pyw_server_thread;

/* Serves the connection `fd`, whose owner it becomes. Without the GIL; returns when the connection is closed. */
void pyw_serve(pyw_server_thread *thread, int fd);

#endif
