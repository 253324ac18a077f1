/* SPDX-License-Identifier: Apache-2.0 */
#include "base/os/descriptors.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct closing {
    int (*is_ours)(int fd, void *baton);
    void *baton;
} closing;

void pyw_descriptors_each(void (*each)(int fd, void *baton), void *baton)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;

    if (directory == NULL) {
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10); /* 0 for "." and ".." */

        if (fd > STDERR_FILENO && fd != dirfd(directory)) {
            each(fd, baton);
        }
    }
    closedir(directory);
}

static void close_if_ours(int fd, void *baton)
{
    const closing *self = baton;

    if (self->is_ours(fd, self->baton)) {
        close(fd);
    }
}

void pyw_descriptors_close(int (*is_ours)(int fd, void *baton), void *baton)
{
    closing self = {is_ours, baton};

    pyw_descriptors_each(close_if_ours, &self);
}

int pyw_descriptors_own_address(int fd, pyw_address *address)
{
    socklen_t length = sizeof(*address);

    memset(address, 0, sizeof(*address));
    return getsockname(fd, &address->any, &length) == 0;
}

int pyw_descriptors_peer_address(int fd, pyw_address *address)
{
    socklen_t length = sizeof(*address);

    memset(address, 0, sizeof(*address));
    return getpeername(fd, &address->any, &length) == 0;
}
