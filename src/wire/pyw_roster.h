/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_ROSTER_H
#define PYW_ROSTER_H

/*
 * What httpd and the manager tell each other about the groups without a word: two pieces of shared memory, made by
 * httpd's parent and handed to the manager with a ROSTER and a LOAD frame. Each has one writing side:
 *
 *   roster   which workers take requests now. The manager writes; httpd's processes cannot.
 *   load     who waits for a worker. httpd's processes write; the manager reads numbers, and trusts none of them.
 *
 * A group has the same index in both for as long as it is configured. Once no child of httpd is left that knows a
 * removed group, another group may get its index, with another number of use: a list that was written for the one is
 * empty for the other. The roster of a group is guarded by a sequence number that is odd while it is being written.
 */

#include <stddef.h>
#include <stdint.h>

enum {
    PYW_ROSTER_GROUPS = 1024,
    PYW_ROSTER_WORKERS = 2048 /* of a group: processes= and reload-overlap= are 1000 at most */
};

typedef struct pyw_roster_worker {
    uint64_t serial; /* never used again while httpd runs; names the worker's own socket */
    uint32_t threads;
    uint32_t pid;
} pyw_roster_worker;

typedef struct pyw_roster_group {
    uint32_t sequence;
    uint32_t use; /* whose list it is: pyw_group_options' roster_use */
    uint32_t count;
    uint32_t reserved;
    pyw_roster_worker workers[PYW_ROSTER_WORKERS];
} pyw_roster_group;

typedef struct pyw_roster {
    uint64_t used; /* no group behind so many was ever written, so that nobody has to touch its memory */
    pyw_roster_group groups[PYW_ROSTER_GROUPS];
} pyw_roster;

typedef struct pyw_load_group {
    int64_t waiting_since; /* pyw_clock_ms() of the request that waits for longest; 0: none waits */
    uint32_t waiting;
    uint32_t running;
} pyw_load_group;

typedef struct pyw_load {
    pyw_load_group groups[PYW_ROSTER_GROUPS];
} pyw_load;

/* Shared memory of `size` bytes, sealed against a change of it: a descriptor (close-on-exec), or -1 with errno. */
int pyw_roster_memory(const char *name, size_t size);

/*
 * Maps it, for good. `writable` 0 makes a mapping that this process and its children cannot make writable later. NULL
 * with errno; memory that is smaller than `size` is refused.
 */
void *pyw_roster_map(int fd, size_t size, int writable);

/* The manager: replaces what the readers of that use of the group see. More than PYW_ROSTER_WORKERS are cut. */
void pyw_roster_write(pyw_roster_group *group, uint32_t use, const pyw_roster_worker *workers, uint32_t count);

/* Changes whenever the group's roster does. */
uint32_t pyw_roster_sequence(const pyw_roster_group *group);

/*
 * Copies up to `capacity` workers and sets *sequence to the state they belong to. Returns their number; 0 also if the
 * list is of another use, or its writer died in the middle of writing.
 */
uint32_t pyw_roster_read(const pyw_roster_group *group, uint32_t use, pyw_roster_worker *workers, uint32_t capacity,
                         uint32_t *sequence);

/* "w.5f3a": the file of a worker's own socket, in the directory of the groups' sockets. */
enum { PYW_ROSTER_SOCKET_NAME = 24 };
void pyw_roster_socket_name(char name[PYW_ROSTER_SOCKET_NAME], uint64_t serial);

#endif
