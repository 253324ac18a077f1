/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_WORKER_LIST_H
#define PYW_SHM_WORKER_LIST_H

/*
 * What httpd and the manager tell each other about the groups without a word: two pieces of shared memory, made by
 * httpd's parent and handed to the manager with a WORKER_LIST and a LOAD frame. Each has one writing side:
 *
 *   worker_list   the state of each group, and which of its workers take requests now. The manager writes; httpd's
 * processes cannot. load     who waits for a worker. httpd's processes write; the manager reads numbers, and trusts
 * none of them.
 *
 * Each is an array, which grows with the number of groups that are configured at a time. A group has the same index in
 * both for as long as it is configured. Once no child of httpd is left that knows a
 * removed group, another group may get its index, with another number of use: a list that was written for the one is
 * empty for the other. The worker_list of a group is guarded by a sequence number that is odd while it is being
 * written.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { PYW_WORKER_LIST_WORKERS = 2048 }; /* of a group: processes= and reload-overlap= are 1000 at most */

/* Memory that nobody has written says STARTING: requests wait for a worker. */
typedef enum {
    PYW_GROUP_STARTING = 0, /* no worker is ready yet: requests wait */
    PYW_GROUP_RUNNING,      /* as many workers as are wanted are ready */
    PYW_GROUP_DEGRADED,     /* an application does not load in some workers */
    PYW_GROUP_BROKEN,       /* ... in any worker: its requests get 500 */
    PYW_GROUP_REPLACING,    /* some are ready, others start */
    PYW_GROUP_ASLEEP,       /* processes=0-N: a request that waits starts a worker */
    PYW_GROUP_DOWN,         /* no worker could be started: requests get 503 until the next attempt */
    PYW_GROUP_STOPPING,     /* by a command; workers finish */
    PYW_GROUP_STOPPED,
    PYW_GROUP_REMOVED, /* from the configuration */
    PYW_GROUP_STATES
} pyw_group_state;

typedef struct pyw_worker_list_status {
    uint32_t use;   /* whose it is: pyw_group_options' worker_list_use */
    uint32_t state; /* pyw_group_state */
    int64_t until;  /* DOWN: pyw_clock_ms() of the next attempt */
} pyw_worker_list_status;

typedef struct pyw_worker_list_worker {
    uint64_t serial; /* never used again while httpd runs; names the worker's socket */
    uint32_t threads;
    uint32_t pid;
} pyw_worker_list_worker;

typedef struct pyw_worker_list_group {
    _Atomic uint32_t sequence;
    uint32_t count;
    pyw_worker_list_status status;
    pyw_worker_list_worker workers[PYW_WORKER_LIST_WORKERS];
} pyw_worker_list_group;

typedef struct pyw_load_group {
    int64_t waiting_since; /* pyw_clock_ms() of the request that waits for longest; 0: none waits */
    uint32_t waiting;
    uint32_t running;
} pyw_load_group;

/*
 * Shared memory of `size` bytes, sealed so that it never becomes smaller: a descriptor (close-on-exec), or -1 with
 * errno. What is mapped of it stays as it is when it grows. Likewise: 0, or the errno; and its size.
 */
int pyw_worker_list_memory(const char *name, size_t size);
int pyw_worker_list_grow(int fd, size_t size);
size_t pyw_worker_list_size(int fd);

/*
 * Maps it, for good. `writable` 0 makes a mapping that this process and its children cannot make writable later. NULL
 * with errno; memory that is smaller than `size` is refused.
 */
void *pyw_worker_list_map(int fd, size_t size, int writable);

/* The manager: replaces what the readers of that use of the group see. More than PYW_WORKER_LIST_WORKERS are cut. */
void pyw_worker_list_write(pyw_worker_list_group *group, const pyw_worker_list_status *status,
                           const pyw_worker_list_worker *workers, uint32_t count);

/* Changes whenever the group's worker_list does. */
uint32_t pyw_worker_list_sequence(const pyw_worker_list_group *group);

/*
 * Copies up to `capacity` workers, sets status->state and status->until, and *sequence to the one they belong to.
 * Returns the number of workers. status->use is given: of another use there is no worker to read. The group is REMOVED
 * if that one is later, and STARTING if it is earlier, or if its writer died in the middle of writing.
 */
uint32_t pyw_worker_list_read(const pyw_worker_list_group *group, pyw_worker_list_status *status,
                              pyw_worker_list_worker *workers, uint32_t capacity, uint32_t *sequence);

/* "w.5f3a": the file of a worker's socket, in the directory of the sockets. */
enum { PYW_WORKER_LIST_SOCKET_NAME = 24 };
void pyw_worker_list_socket_name(char name[PYW_WORKER_LIST_SOCKET_NAME], uint64_t serial);

#endif
