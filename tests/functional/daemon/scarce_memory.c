/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LD_PRELOAD: the file SCARCE_MEMORY contains the name for which memfd_create(2) fails, or "fork", and then fork(2)
 * fails.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_refused(const char *name)
{
    const char *path = getenv("SCARCE_MEMORY");
    char refused[64] = "";
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)!read(fd, refused, sizeof(refused) - 1);
        close(fd);
    }
    return strcmp(refused, name) == 0;
}

int memfd_create(const char *name, unsigned flags)
{
    if (is_refused(name)) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_memfd_create, name, flags);
}

pid_t fork(void)
{
    pid_t (*next)(void);

    if (is_refused("fork")) {
        errno = EAGAIN;
        return -1;
    }
    *(void **)&next = dlsym(RTLD_NEXT, "fork");
    return next();
}
