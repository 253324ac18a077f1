/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: memfd_create(2) fails for the name that is in the file SCARCE_MEMORY. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int memfd_create(const char *name, unsigned flags)
{
    const char *path = getenv("SCARCE_MEMORY");
    char refused[64] = "";
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)!read(fd, refused, sizeof(refused) - 1);
        close(fd);
    }
    if (strcmp(refused, name) == 0) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_memfd_create, name, flags);
}
