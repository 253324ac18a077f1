/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#endif
#include "base/os/temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* For file systems that have no O_TMPFILE. */
static int open_and_unlink(const char *directory)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/pywsgi.XXXXXX", directory);
    int fd;

    if (length < 0 || (size_t)length >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}

int pyw_temp_file_open(const char *directory)
{
    /* O_EXCL: prevents links to the file (open(2)). */
    int fd = open(directory, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

    /* Errors of kernels or file systems without O_TMPFILE. */
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        return open_and_unlink(directory);
    }
    return fd;
}

int pyw_temp_file_write_at(int fd, const void *data, size_t length, off_t offset)
{
    const char *from = data;

    while (length > 0) {
        ssize_t written = pwrite(fd, from, length, offset);

        if (written < 0 && errno != EINTR) {
            return errno;
        }
        if (written > 0) {
            from += written;
            offset += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

int pyw_temp_file_read_only(int fd)
{
    char path[32];
    int other;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    other = open(path, O_RDONLY | O_CLOEXEC);
    if (other < 0) {
        return fd;
    }
    close(fd);
    return other;
}
