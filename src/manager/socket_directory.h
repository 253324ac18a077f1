/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_SOCKET_DIRECTORY_H
#define PYW_MANAGER_SOCKET_DIRECTORY_H

/*
 * The directory of the workers' sockets: made by the manager with mode 0711, opened once, and from then on used by its
 * descriptor, so that no path can be swapped under it. One in a process.
 */

#include <sys/types.h>

#include "base/result.h"

typedef struct pyw_socket_directory {
    char *path; /* absolute; owned */
    int fd;     /* -1: not open */
} pyw_socket_directory;

/*
 * Makes and opens it, in a directory that nobody else can replace (base/trusted_path.h), so that its path stays its own
 * as well; what an earlier process of the same name left in it is removed, unless `is_shared`.
 */
pyw_result pyw_socket_directory_open(pyw_socket_directory *directory, const char *path, int is_shared,
                                     pyw_problem *problem);

/* Is it still what the path leads to? */
int pyw_socket_directory_is_there(const pyw_socket_directory *directory);

/* Closes it as it is. */
void pyw_socket_directory_close(pyw_socket_directory *directory);

/* Removes it and what is in it, and closes it. */
void pyw_socket_directory_remove(pyw_socket_directory *directory);

/* A socket file that was bound. */
typedef struct pyw_socket_file {
    const char *name; /* in the directory */
    dev_t device;
    ino_t inode;
} pyw_socket_file;

/*
 * Binds and listens: a socket of mode 0600 that belongs to `owner`. Sets *fd (close-on-exec, non-blocking), of which
 * the caller becomes the owner. file->name is given.
 */
pyw_result pyw_socket_file_bind(pyw_socket_file *file, const pyw_socket_directory *directory, uid_t owner, int *fd,
                                pyw_problem *problem);

/* Is the name still that socket? */
int pyw_socket_file_is_there(const pyw_socket_file *file, const pyw_socket_directory *directory);

void pyw_socket_file_remove(const pyw_socket_file *file, const pyw_socket_directory *directory);

#endif
