/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk goes from descriptor to descriptor, so that each name is looked up in the directory that was checked. A user
 * who cannot write to that directory cannot change later what the name refers to.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_PATH */
#endif
#include "base/os/trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MOST = 40, MADE_MODE = 0755 };

typedef struct walk {
    int fd;              /* the current directory of the walk; -1: the walk failed */
    int links;           /* links followed so far */
    int makes;           /* makes missing directories */
    char seen[PATH_MAX]; /* the path so far, for messages */
    char rest[PATH_MAX]; /* the rest of the path */
    pyw_problem *problem;
} walk;

/* Returns -1. */
static int fail_path(const walk *self, int error, const char *path)
{
    pyw_problem_set(self->problem, "%s: %s", path, strerror(error));
    errno = error;
    return -1;
}

/* Returns -1. */
static int distrust(const walk *self, const struct stat *found, const char *path)
{
    if (found->st_uid != 0 && found->st_uid != geteuid()) {
        pyw_problem_set(self->problem, "%s belongs to uid %lu, who can replace the files below it", path,
                        (unsigned long)found->st_uid);
    }
    else {
        pyw_problem_set(self->problem, "%s has mode %04o, so that other users can replace the files below it", path,
                        (unsigned)(found->st_mode & 07777));
    }
    errno = EPERM;
    return -1;
}

static int is_trusted_file(const struct stat *found)
{
    int is_writable = !S_ISLNK(found->st_mode) && (found->st_mode & (S_IWGRP | S_IWOTH)) != 0;

    return (found->st_uid == 0 || found->st_uid == geteuid()) && (!is_writable || (found->st_mode & S_ISVTX) != 0);
}

static void walk_into(walk *self, int fd)
{
    if (self->fd >= 0) {
        close(self->fd);
    }
    self->fd = fd;
}

static int enter_root(walk *self)
{
    struct stat found;
    int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    walk_into(self, fd);
    self->seen[0] = '\0';
    if (fd < 0 || fstat(fd, &found) != 0) {
        return fail_path(self, errno, "/");
    }
    return is_trusted_file(&found) ? 0 : distrust(self, &found, "/");
}

/* Removes the first name from the rest; 0: the rest is empty. */
static int take_name(walk *self, char name[NAME_MAX + 1])
{
    const char *begin = self->rest + strspn(self->rest, "/");
    size_t length = strcspn(begin, "/");

    if (length > NAME_MAX) {
        return fail_path(self, ENAMETOOLONG, begin);
    }
    memcpy(name, begin, length);
    name[length] = '\0';
    memmove(self->rest, begin + length, strlen(begin + length) + 1);
    return length > 0;
}

/* Replaces the link in the rest of the path by its target. */
static int follow(walk *self, int link, const char *path)
{
    char target[PATH_MAX], rest[PATH_MAX];
    ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);

    if (length < 0) {
        return fail_path(self, errno, path);
    }
    target[length] = '\0';
    memcpy(rest, self->rest, sizeof(rest));
    if (++self->links > LINKS_MOST) {
        return fail_path(self, ELOOP, path);
    }
    if ((size_t)snprintf(self->rest, sizeof(self->rest), "%s/%s", target, rest) >= sizeof(self->rest)) {
        return fail_path(self, ENAMETOOLONG, path);
    }
    return target[0] == '/' ? enter_root(self) : 0;
}

/* Continues the walk with `fd`, the file that the name refers to, or closes it. */
static int walk_step(walk *self, int fd, const char *path)
{
    struct stat found;
    int rv;

    if (fstat(fd, &found) != 0) {
        rv = fail_path(self, errno, path);
    }
    else if (!is_trusted_file(&found)) {
        rv = distrust(self, &found, path);
    }
    else if (S_ISLNK(found.st_mode)) {
        rv = follow(self, fd, path);
    }
    else if (!S_ISDIR(found.st_mode)) {
        rv = fail_path(self, ENOTDIR, path);
    }
    else {
        walk_into(self, fd);
        memcpy(self->seen, path, strlen(path) + 1); /* look_up() has checked its length */
        return 0;
    }
    close(fd);
    return rv;
}

/* Only this process can replace it, because the current directory is trusted. chmod, because of the umask. */
static int make(const walk *self, const char *name)
{
    return mkdirat(self->fd, name, MADE_MODE) == 0 && fchmodat(self->fd, name, MADE_MODE, 0) == 0;
}

static int open_name(const walk *self, const char *name)
{
    int fd = openat(self->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT && self->makes && make(self, name)) {
        fd = openat(self->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
    return fd;
}

static int look_up(walk *self, const char *name)
{
    char path[PATH_MAX];
    int fd;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", self->seen, name) >= sizeof(path)) {
        return fail_path(self, ENAMETOOLONG, name);
    }
    fd = open_name(self, name);
    return fd >= 0 ? walk_step(self, fd, path) : fail_path(self, errno, path);
}

static int walk_path(const char *path, int makes, pyw_problem *problem)
{
    walk self = {.fd = -1, .makes = makes, .problem = problem};
    char name[NAME_MAX + 1];
    int rv;

    if ((size_t)snprintf(self.rest, sizeof(self.rest), "%s", path) >= sizeof(self.rest)) {
        return fail_path(&self, ENAMETOOLONG, path);
    }
    rv = enter_root(&self);
    while (rv == 0 && (rv = take_name(&self, name)) > 0) {
        rv = look_up(&self, name);
    }
    if (rv < 0) {
        int error = errno;

        walk_into(&self, -1);
        errno = error;
    }
    return self.fd;
}

int pyw_trusted_path_open(const char *path, pyw_problem *problem)
{
    return walk_path(path, 0, problem);
}

int pyw_trusted_path_make(const char *path, pyw_problem *problem)
{
    return walk_path(path, 1, problem);
}
