/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_SERVE_SERVE_H
#define PYW_WORKER_SERVE_SERVE_H

/* Reads the requests from the connections of httpd's children, and runs them. Threads of the pool. */

#include <stdatomic.h>
#include <sys/types.h>

#include "base/os/batch.h"
#include "base/buffer.h"
#include "shm/token.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "worker/heritage.h"
#include "worker/watch/memory.h"
#include "worker/watch/scripts.h"
#include "wsgi/engine.h"

/* Shared by all threads of the worker; read-only once they run, except for atomic members. */
typedef struct pyw_service {
    const pyw_engine *engine;
    const char *group;       /* for log records */
    atomic_int timeout_ms;   /* of each wait for httpd's child */
    int send_buffer_size;    /* 0: the system's */
    int receive_buffer_size; /* 0: the system's */
    uid_t peers[3];          /* the users that may connect */
    int peer_count;
    pyw_board *board;          /* may be NULL */
    pyw_script_watch *watched; /* the applications that have had requests */
    pyw_memory_watch *memory;  /* NULL: there is no memory-recycle */
    atomic_int draining;       /* begin no request any more */
} pyw_service;

typedef enum {
    PYW_THREAD_WAITING = 0, /* for an event */
    PYW_THREAD_READING,     /* owns a connection */
    PYW_THREAD_RUNNING,     /* has begun a request; in any other state it may begin one, unless it sees `draining` */
    PYW_THREAD_ENDED
} pyw_thread_state;

/* The state of one thread. */
typedef struct pyw_server_thread {
    pyw_service *service;
    int number;            /* its slot on the board */
    int64_t received;      /* when it got its request, pyw_clock_us() */
    atomic_int state;      /* pyw_thread_state; the main thread reads it */
    pyw_application *last; /* the last one that it ran, which saves the lock of `watched` */
    pyw_channel *channel;
    pyw_token **token; /* of the connection */
    pyw_pairs pairs;
    pyw_buffer request; /* the REQUEST payload, if a body follows */
    pyw_buffer scratch;
    pyw_batch batch;
} pyw_server_thread;

/* At the start of the thread: writes its id to the board, because the Python stacks contain this id. */
void pyw_serve_name_thread(const pyw_server_thread *thread);

void pyw_serve_set_state(pyw_server_thread *thread, pyw_thread_state state);

/* Does the worker drain? */
int pyw_serve_is_draining(const pyw_service *service);

/* 1: the peer of a new connection may send requests. 0: it may not, and the connection is closed. */
int pyw_serve_admits(const pyw_service *service, int fd);

/*
 * Serves the next request of a connection, if there is one. 1: the connection can rest, and remains the caller's. 0: it
 * is closed. *token is the token of the connection, NULL until httpd has sent it, and remains the caller's. Without the
 * GIL.
 */
int pyw_serve_connection(pyw_server_thread *thread, int fd, pyw_token **token);

/* Sends GOAWAY and closes the connection. A request that httpd has sent meanwhile goes to another worker. */
void pyw_serve_go_away(int fd);

#endif
