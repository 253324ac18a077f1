/* SPDX-License-Identifier: Apache-2.0 */
#include "command/find.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "command/exit_status.h"
#include "command/terminal.h"

#define MANAGER_NAME "pywsgid" /* PYW_HERITAGE_WORKER_NAME */

typedef struct found_manager {
    const char *directory; /* absolute */
    dev_t device;
    ino_t inode; /* of the socket: the same directory may have several names */
    int fd;      /* connected */
} found_manager;

typedef struct search {
    apr_pool_t *pool;
    apr_array_header_t *managers; /* found_manager */
    int is_forbidden;             /* found a manager that the user may not control */
} search;

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -1;
    }
    errno = ENAMETOOLONG;
    if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >= sizeof(address.sun_path) ||
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int is_known(const search *found, const struct stat *socket_file)
{
    for (int i = 0; i < found->managers->nelts; i++) {
        const found_manager *manager = &APR_ARRAY_IDX(found->managers, i, found_manager);

        if (manager->device == socket_file->st_dev && manager->inode == socket_file->st_ino) {
            return 1;
        }
    }
    return 0;
}

/* The socket of a killed manager refuses connections. */
static void try_directory(search *found, const char *directory)
{
    const char *path = apr_pstrcat(found->pool, directory, "/manager", NULL);
    char resolved[PATH_MAX];
    struct stat file;
    found_manager *manager;
    int fd;

    errno = 0;
    if (stat(path, &file) != 0 || !S_ISSOCK(file.st_mode) || is_known(found, &file)) {
        found->is_forbidden |= errno == EACCES;
        return;
    }
    fd = connect_to(path);
    if (fd < 0) {
        found->is_forbidden |= errno == EACCES || errno == EPERM;
        return;
    }
    manager = apr_array_push(found->managers);
    *manager = (found_manager){directory, file.st_dev, file.st_ino, fd};
    if (realpath(directory, resolved) != NULL) {
        manager->directory = apr_pstrdup(found->pool, resolved);
    }
}

typedef void search_entry(search *found, const char *path);

static void search_below(search *found, const char *directory, search_entry *entry)
{
    DIR *handle = opendir(directory);
    const struct dirent *item;

    found->is_forbidden |= handle == NULL && errno == EACCES;
    while (handle != NULL && (item = readdir(handle)) != NULL) {
        if (item->d_name[0] != '.') {
            entry(found, apr_pstrcat(found->pool, directory, "/", item->d_name, NULL));
        }
    }
    if (handle != NULL) {
        closedir(handle);
    }
}

/* Reads the beginning of a small file; `text` has `size` bytes and gets a NUL. Returns the length. */
static size_t read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, size - 1) : 0;

    if (fd >= 0) {
        close(fd);
    }
    got = got > 0 ? got : 0;
    text[got] = '\0';
    return (size_t)got;
}

/* Its name is "pywsgid", whatever the program is called, and its arguments are its path, NUL, "--manager", NUL. */
int pyw_find_is_manager(apr_pool_t *pool, const char *process)
{
    char name[32];
    char arguments[PATH_MAX + 64];
    size_t length;

    read_file(apr_pstrcat(pool, process, "/comm", NULL), name, sizeof(name));
    if (strcmp(name, MANAGER_NAME "\n") != 0) {
        return 0;
    }
    length = read_file(apr_pstrcat(pool, process, "/cmdline", NULL), arguments, sizeof(arguments));
    return strlen(arguments) < length && strcmp(arguments + strlen(arguments) + 1, "--manager") == 0;
}

static void try_descriptor(search *found, const char *path)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof(target));

    if (length > 0 && *target == '/') {
        try_directory(found, path);
    }
}

/*
 * A manager has its directory open, so its socket can be reached through /proc, wherever it is (WSGISocketPrefix, a
 * private /tmp, a container). Processes of other users are not asked, because one of them could pose as a manager.
 */
static void try_process(search *found, const char *process)
{
    struct stat owner;

    if (!isdigit((unsigned char)*(strrchr(process, '/') + 1)) || !pyw_find_is_manager(found->pool, process) ||
        stat(process, &owner) != 0) {
        return;
    }
    if (owner.st_uid == geteuid()) {
        search_below(found, apr_pstrcat(found->pool, process, "/fd", NULL), try_descriptor);
    }
    else {
        found->is_forbidden = 1;
    }
}

static const char *report_none(const search *found, const char *directory)
{
    if (found->is_forbidden) {
        return "only root and the user that started httpd may control the manager";
    }
    if (directory == NULL) {
        return "no httpd with WSGIDaemonProcess runs here";
    }
    return apr_psprintf(found->pool, "no httpd with WSGIDaemonProcess has its sockets in %s",
                        pyw_terminal_escaped(found->pool, directory));
}

static const char *report_several(const search *found)
{
    const char *text = "several httpd run here, select one:";

    for (int i = 0; i < found->managers->nelts; i++) {
        const found_manager *manager = &APR_ARRAY_IDX(found->managers, i, found_manager);

        text = apr_pstrcat(found->pool, text, "\n  --directory ", pyw_terminal_escaped(found->pool, manager->directory),
                           NULL);
        close(manager->fd);
    }
    return text;
}

int pyw_find_manager(apr_pool_t *pool, const char *directory, int *status, const char **problem)
{
    search found = {pool, apr_array_make(pool, 2, sizeof(found_manager)), 0};

    if (directory != NULL) {
        try_directory(&found, directory);
        search_below(&found, directory, try_directory);
    }
    else {
        search_below(&found, "/proc", try_process);
    }
    if (found.managers->nelts == 1) {
        return APR_ARRAY_IDX(found.managers, 0, found_manager).fd;
    }
    *status = found.managers->nelts == 0 ? PYW_COMMAND_NO_MANAGER : PYW_COMMAND_USAGE;
    *problem = found.managers->nelts == 0 ? report_none(&found, directory) : report_several(&found);
    return -1;
}
