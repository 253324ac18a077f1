/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_WORKER_LIST_H
#define PYW_SHM_WORKER_LIST_H

/*
 * Shared memory of httpd and the manager. httpd's parent creates two pieces and passes them to the manager with a
 * WORKER_LIST and a LOAD frame. Each has one writing side:
 *
 *   worker_list   the state of each group, and its workers that accept requests. The manager writes; httpd's
 *                 processes cannot.
 *   load          the requests that wait for a worker. httpd's processes write; the manager reads the numbers, but
 *                 does not trust them.
 *
 * Each is an array that grows with the number of groups configured at a time. A configured group has the same index in
 * both. When the last child of httpd that knows a removed group has exited, another group may get its index, with a
 * different use number: a list written for one use reads as empty for another. A sequence number, which is odd during a
 * write, protects the worker_list of a group.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/group_state.h"
#include "shm/worker_stats.h"

enum { PYW_WORKER_LIST_WORKERS = 2048 }; /* in a group: the maximum of processes= and of reload-overlap= is 1000 */

typedef struct pyw_worker_list_status {
    uint32_t use;    /* the use number of the group: pyw_group_options' worker_list_use */
    uint32_t state;  /* pyw_group_state */
    int64_t until;   /* DOWN: pyw_clock_ms() of the next attempt */
    uint64_t drains; /* 1: httpd is about to stop (pywsgi drain): readiness checks fail */
} pyw_worker_list_status;

typedef struct pyw_worker_list_worker {
    uint64_t serial; /* not reused while httpd runs; names the worker's socket */
    uint32_t threads;
    uint32_t pid;
} pyw_worker_list_worker;

typedef struct pyw_worker_list_group {
    _Atomic uint32_t sequence;
    uint32_t count;
    pyw_worker_list_status status;
    pyw_worker_list_worker workers[PYW_WORKER_LIST_WORKERS];
    pyw_worker_stats_list stats; /* not protected by `sequence` */
} pyw_worker_list_group;

typedef struct pyw_load_group {
    int64_t waiting_since; /* pyw_clock_ms() of the oldest waiting request; 0: none */
    uint32_t waiting;
    uint32_t running;
} pyw_load_group;

/*
 * Creates shared memory of `size` bytes, sealed against shrinking. Returns a descriptor (close-on-exec), or -1 with
 * errno. Growing it does not affect existing mappings; returns 0, or errno.
 */
int pyw_worker_list_memory(const char *name, size_t size);
int pyw_worker_list_grow(int fd, size_t size);
size_t pyw_worker_list_size(int fd);

/*
 * Maps the memory. With `writable` 0, neither this process nor its children can make the mapping writable later. NULL:
 * see errno; EINVAL if the memory is smaller than `size`.
 */
void *pyw_worker_list_map(int fd, size_t size, int writable);

/* The manager: publishes the state and the workers of a group. Ignores workers beyond PYW_WORKER_LIST_WORKERS. */
void pyw_worker_list_write(pyw_worker_list_group *group, const pyw_worker_list_status *status,
                           const pyw_worker_list_worker *workers, uint32_t count);

/* Changes with each write to the group's worker_list. */
uint32_t pyw_worker_list_sequence(const pyw_worker_list_group *group);

/*
 * Copies up to `capacity` workers, sets status->state and status->until, and *sequence to the sequence number of the
 * copy. Returns the number of workers. The caller sets status->use. If the list was written for another use, it has no
 * workers, and the state is REMOVED if that use is later, STARTING if it is earlier. The state is STARTING, too, if the
 * writer died during a write.
 */
uint32_t pyw_worker_list_read(const pyw_worker_list_group *group, pyw_worker_list_status *status,
                              pyw_worker_list_worker *workers, uint32_t capacity, uint32_t *sequence);

/* "w.5f3a": the file of a worker's socket, in the directory of the sockets. */
enum { PYW_WORKER_LIST_SOCKET_NAME = 24 };
void pyw_worker_list_socket_name(char name[PYW_WORKER_LIST_SOCKET_NAME], uint64_t serial);

/* The manager's socket for httpd's children in that directory, for the stacks of requests. */
#define PYW_WORKER_LIST_STACKS_SOCKET "stacks"

#endif
