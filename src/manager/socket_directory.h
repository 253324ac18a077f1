/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_SOCKET_DIRECTORY_H
#define PYW_MANAGER_SOCKET_DIRECTORY_H

/*
 * The directory of the workers' sockets. The manager creates it with mode 0711, opens it once, and then uses its
 * descriptor, so that no other user can replace a part of the path. A process has one.
 */

#include <sys/types.h>

#include "base/result.h"

typedef struct pyw_socket_directory {
    char *path;    /* absolute; owned */
    int fd;        /* -1: not open */
    int is_shared; /* another manager uses it, too; the caller sets it to 0 when this is over */
} pyw_socket_directory;

/*
 * Creates and opens the directory, in a parent directory that no other user can change (base/os/trusted_path.h).
 * Creates this one, too, if it is missing. Removes the files of an earlier process with the same name, unless
 * `is_shared`.
 */
pyw_result pyw_socket_directory_open(pyw_socket_directory *directory, const char *path, int is_shared,
                                     pyw_problem *problem);

/* Does the path still refer to this directory? */
int pyw_socket_directory_is_intact(const pyw_socket_directory *directory);

/* Closes the directory without removing it. */
void pyw_socket_directory_close(pyw_socket_directory *directory);

/* Closes the directory. Also removes it with its files, unless it is shared. */
void pyw_socket_directory_remove(pyw_socket_directory *directory);

/* A bound socket file. */
typedef struct pyw_socket_file {
    const char *name; /* in the directory */
    dev_t device;
    ino_t inode;
} pyw_socket_file;

/*
 * Binds a socket of mode 0600 that belongs to `owner`, and listens. Sets *fd (close-on-exec, non-blocking), which the
 * caller owns. The caller has set file->name.
 */
pyw_result pyw_socket_file_bind(pyw_socket_file *file, const pyw_socket_directory *directory, uid_t owner, int *fd,
                                pyw_problem *problem);

/* Does the name still refer to this socket? */
int pyw_socket_file_is_intact(const pyw_socket_file *file, const pyw_socket_directory *directory);

void pyw_socket_file_remove(const pyw_socket_file *file, const pyw_socket_directory *directory);

#endif
