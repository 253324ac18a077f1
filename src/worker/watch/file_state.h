/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_FILE_STATE_H
#define PYW_WORKER_WATCH_FILE_STATE_H

/* The state of a file on disk, by which a worker recognizes another version of it. Any thread, without the GIL. */

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* All zero: the file does not exist. */
typedef struct pyw_file_state {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec inode_changed; /* not compared */
} pyw_file_state;

/* Follows symbolic links. A path that leads into an archive (a.zip/b.py) stands for the archive. */
pyw_file_state pyw_file_state_read(const char *path);

int pyw_file_state_is_same(const pyw_file_state *one, const pyw_file_state *other);

/* A number for the path with this state. Sums of such numbers stand for sets of files. */
uint64_t pyw_file_state_digest(const char *path, const pyw_file_state *state);

#endif
