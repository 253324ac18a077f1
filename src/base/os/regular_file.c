/* SPDX-License-Identifier: Apache-2.0 */
#include "base/os/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The error of the failed call outlives close(2). */
static int close_failed(int fd, int error)
{
    close(fd);
    errno = error;
    return -1;
}

int pyw_regular_file_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat found;

    if (fd >= 0 && fstat(fd, &found) != 0) {
        return close_failed(fd, errno);
    }
    return fd >= 0 && !S_ISREG(found.st_mode) ? close_failed(fd, EINVAL) : fd;
}

int pyw_regular_file_read(char *text, size_t size, const char *path)
{
    int fd = pyw_regular_file_open(path);
    size_t length = 0;
    ssize_t got = fd >= 0;

    while (got > 0 && length < size - 1) {
        got = read(fd, text + length, size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    text[length] = '\0';
    if (fd >= 0) {
        close(fd);
    }
    return fd < 0 ? -1 : (int)length;
}
