/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "manager/socket_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/os/trusted_path.h"

enum { DIRECTORY_MODE = 0711 };

static pyw_result check_owner(const pyw_socket_directory *directory, pyw_problem *problem)
{
    struct stat found;

    if (fstat(directory->fd, &found) != 0) {
        return pyw_problem_set(problem, "%s: %s", directory->path, strerror(errno));
    }
    if (found.st_uid != geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return pyw_problem_set(problem, "%s exists, and users other than uid %lu may write to it: remove it",
                               directory->path, (unsigned long)geteuid());
    }
    return PYW_OK;
}

void pyw_socket_directory_close(pyw_socket_directory *directory)
{
    if (directory->fd >= 0) {
        close(directory->fd);
    }
    free(directory->path);
    directory->path = NULL;
    directory->fd = -1;
}

static void empty(const pyw_socket_directory *directory)
{
    DIR *entries = fdopendir(openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (entries == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (entry->d_name[0] != '.') {
            unlinkat(directory->fd, entry->d_name, 0);
        }
    }
    closedir(entries);
}

/* `parent` is the descriptor of the directory that contains `name`. */
static pyw_result make_in(pyw_socket_directory *directory, int parent, const char *name, pyw_problem *problem)
{
    pyw_result result;

    if (mkdirat(parent, name, DIRECTORY_MODE) != 0 && errno != EEXIST) {
        return pyw_problem_set(problem, "the directory for the sockets, %s, cannot be made: %s", directory->path,
                               strerror(errno));
    }
    directory->fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory->fd < 0) {
        return pyw_problem_set(problem, "the directory for the sockets, %s, cannot be used: %s", directory->path,
                               strerror(errno));
    }
    result = check_owner(directory, problem);
    if (result == PYW_OK && fchmod(directory->fd, DIRECTORY_MODE) != 0) {
        result = pyw_problem_set(problem, "%s: %s", directory->path, strerror(errno));
    }
    return result;
}

static pyw_result make_directory(pyw_socket_directory *directory, pyw_problem *problem)
{
    const char *slash = strrchr(directory->path, '/');
    char *above = slash != NULL ? strndup(directory->path, (size_t)(slash - directory->path)) : NULL;
    pyw_problem reason = {"its path is not absolute, or there is no memory"};
    pyw_result result;
    int parent = above != NULL ? pyw_trusted_path_make(above, &reason) : -1;

    free(above);
    if (parent < 0) {
        return pyw_problem_set(problem, "the directory for the sockets, %s, cannot be made: %s", directory->path,
                               reason.text);
    }
    result = make_in(directory, parent, slash + 1, problem);
    close(parent);
    return result;
}

pyw_result pyw_socket_directory_open(pyw_socket_directory *directory, const char *path, int is_shared,
                                     pyw_problem *problem)
{
    pyw_result result;

    directory->fd = -1;
    directory->is_shared = is_shared;
    directory->path = strdup(path);
    result = directory->path != NULL ? make_directory(directory, problem) : pyw_problem_set(problem, "no memory");
    if (result != PYW_OK) {
        pyw_socket_directory_close(directory);
        return result;
    }
    if (!is_shared) {
        empty(directory);
    }
    return PYW_OK;
}

int pyw_socket_directory_is_intact(const pyw_socket_directory *directory)
{
    struct stat ours, there;

    return fstat(directory->fd, &ours) == 0 && lstat(directory->path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

void pyw_socket_directory_remove(pyw_socket_directory *directory)
{
    if (directory->fd < 0) {
        return;
    }
    if (!directory->is_shared) {
        empty(directory);
        if (pyw_socket_directory_is_intact(directory)) {
            rmdir(directory->path);
        }
    }
    pyw_socket_directory_close(directory);
}

/*
 * bind(2) has no variant with a directory descriptor, so use a path in /proc. getpeername(2) returns this path to a
 * client; httpd/embedded/forked.c recognises the connections by it.
 */
static int bind_at(int fd, const pyw_socket_directory *directory, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t before;
    int rv;

    if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory->fd, name) >=
        sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    unlinkat(directory->fd, name, 0);
    before = umask(0177);
    rv = bind(fd, (const struct sockaddr *)&address, sizeof(address));
    umask(before);
    return rv;
}

/* Only root can change the owner. Without root, all processes run as the same user. */
static int give_to(const pyw_socket_directory *directory, const char *name, uid_t owner)
{
    return owner == geteuid() ? 0 : fchownat(directory->fd, name, owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW);
}

/*
 * Binds under a temporary name, because a client that connected between bind(2), chown(2) and listen(2) would be
 * refused. The caller renames the socket when it is ready.
 */
static int bind_temporary(int fd, pyw_socket_file *file, const pyw_socket_directory *directory, uid_t owner,
                          const char *name)
{
    struct stat bound;

    if (bind_at(fd, directory, name) != 0 || give_to(directory, name, owner) != 0 || listen(fd, SOMAXCONN) != 0 ||
        fstatat(directory->fd, name, &bound, AT_SYMLINK_NOFOLLOW) != 0) {
        return -1;
    }
    file->device = bound.st_dev;
    file->inode = bound.st_ino;
    return 0;
}

pyw_result pyw_socket_file_bind(pyw_socket_file *file, const pyw_socket_directory *directory, uid_t owner, int *fd,
                                pyw_problem *problem)
{
    char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(name, sizeof(name), "%s.new", file->name);
    if (made < 0 || bind_temporary(made, file, directory, owner, name) != 0 ||
        renameat(directory->fd, name, directory->fd, file->name) != 0) {
        pyw_problem_set(problem, "the socket %s/%s cannot be made: %s", directory->path, file->name, strerror(errno));
        unlinkat(directory->fd, name, 0);
        if (made >= 0) {
            close(made);
        }
        return PYW_FAILED;
    }
    *fd = made;
    return PYW_OK;
}

int pyw_socket_file_is_intact(const pyw_socket_file *file, const pyw_socket_directory *directory)
{
    struct stat found;

    return fstatat(directory->fd, file->name, &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_dev == file->device &&
           found.st_ino == file->inode;
}

void pyw_socket_file_remove(const pyw_socket_file *file, const pyw_socket_directory *directory)
{
    if (pyw_socket_file_is_intact(file, directory)) {
        unlinkat(directory->fd, file->name, 0);
    }
}
