/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_SERVE_H
#define PYW_WORKER_SERVE_SERVE_H

/* Connections of httpd's children, and the requests that come on them. */

#include <stdatomic.h>
#include <sys/types.h>

#include "base/batch.h"
#include "base/buffer.h"
#include "shm/token.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "worker/heritage.h"
#include "worker/watch/memory.h"
#include "worker/watch/scripts.h"
#include "wsgi/engine.h"

/* What all threads of the worker share; read-only once they run, `draining` aside. */
typedef struct pyw_service {
    const pyw_engine *engine;
    const char *group;       /* for log records */
    atomic_int timeout_ms;   /* of each wait for httpd's child */
    int send_buffer_size;    /* 0: the system's */
    int receive_buffer_size; /* 0: the system's */
    uid_t peers[3];          /* who may connect */
    int peer_count;
    pyw_board *board;          /* may be NULL */
    pyw_script_watch *watched; /* the applications that were asked for */
    pyw_memory_watch *memory;  /* NULL: there is no memory-recycle */
    atomic_int draining;       /* begin nothing more */
} pyw_service;

/* One thread's. */
typedef struct pyw_server_thread {
    pyw_service *service;
    int number;            /* its slot on the board */
    atomic_int is_running; /* a request that was begun. If not, it may begin one, unless it sees `draining` */
    pyw_application *last; /* that it served, to keep off the list's lock */
    pyw_channel *channel;
    pyw_token **token; /* of the connection */
    pyw_pairs pairs;
    pyw_buffer request; /* the REQUEST payload, if a body follows */
    pyw_buffer scratch;
    pyw_batch batch;
} pyw_server_thread;

/* Has the worker been told to begin nothing more? */
int pyw_serve_is_draining(const pyw_service *service);

/* May the peer of a connection that was accepted send requests? If not, it is closed: 0. */
int pyw_serve_admits(const pyw_service *service, int fd);

/*
 * Serves the next request of a kept connection, if one has come. 1: it may rest, and stays the caller's. 0: it is
 * closed. *token is the connection's, NULL before httpd has sent it, and stays the caller's. Without the GIL.
 */
int pyw_serve_kept(pyw_server_thread *thread, int fd, pyw_token **token);

/* Tells the peer that nothing more is begun here, and closes. What it has sent meanwhile, it sends elsewhere. */
void pyw_serve_goodbye(int fd);

#endif
