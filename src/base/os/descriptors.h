/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_OS_DESCRIPTORS_H
#define PYW_BASE_OS_DESCRIPTORS_H

/*
 * The open descriptors of this process, as /proc/self/fd lists them. Call these functions at the start of a process: no
 * other thread may open or close descriptors meanwhile.
 */

#include <sys/socket.h>
#include <sys/un.h>

/* Closes every descriptor from 3 on for which is_ours(fd, baton) is not 0. */
void pyw_descriptors_close(int (*is_ours)(int fd, void *baton), void *baton);

/* Calls each(fd, baton) for every descriptor from 3 on. */
void pyw_descriptors_each(void (*each)(int fd, void *baton), void *baton);

typedef union pyw_address {
    struct sockaddr any;
    struct sockaddr_un local;
    struct sockaddr_storage storage;
} pyw_address;

/* The address that a socket is bound to; for an accepted socket, its listener's. 0: not a socket. */
int pyw_descriptors_own_address(int fd, pyw_address *address);

/* The address that a socket is connected to. 0: not a socket, or not connected. */
int pyw_descriptors_peer_address(int fd, pyw_address *address);

#endif
