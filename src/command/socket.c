/* SPDX-License-Identifier: Apache-2.0 */
#include "command/socket.h"

#include <apr_strings.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "command/exit_status.h"

enum { FOUND_MOST = 16 };

/* The runtime directories of httpd in other builds and distributions. */
static const char *const runtime_directories[] = {
    PYW_RUNTIME_DIR, "/run/apache2", "/run/httpd", "/usr/local/apache2/logs", NULL,
};

typedef struct search {
    char paths[FOUND_MOST][sizeof(((struct sockaddr_un *)0)->sun_path)];
    int sockets[FOUND_MOST]; /* connected */
    int count;
    int is_forbidden; /* found a manager that the user may not control */
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

static int is_known_socket(const search *found, const char *path)
{
    for (int i = 0; i < found->count; i++) {
        if (strcmp(found->paths[i], path) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The socket of a killed manager refuses connections. The same directory may have several names (/run and /var/run). */
static void try_path(search *found, const char *name)
{
    char path[PATH_MAX];
    int fd;

    if (realpath(name, path) == NULL || found->count == FOUND_MOST || is_known_socket(found, path)) {
        return;
    }
    fd = connect_to(path);
    if (fd < 0) {
        found->is_forbidden = found->is_forbidden || errno == EACCES || errno == EPERM;
        return;
    }
    apr_cpystrn(found->paths[found->count], path, sizeof(found->paths[0]));
    found->sockets[found->count++] = fd;
}

static void search_below(search *found, const char *directory)
{
    char pattern[PATH_MAX];
    glob_t matches;

    if ((size_t)snprintf(pattern, sizeof(pattern), "%s/*/manager", directory) >= sizeof(pattern)) {
        return;
    }
    if (glob(pattern, 0, NULL, &matches) == 0) {
        for (size_t i = 0; i < matches.gl_pathc; i++) {
            try_path(found, matches.gl_pathv[i]);
        }
        globfree(&matches);
    }
}

static void search_directories(search *found, const char *directory)
{
    char path[PATH_MAX];

    if (directory != NULL) {
        if ((size_t)snprintf(path, sizeof(path), "%s/manager", directory) < sizeof(path)) {
            try_path(found, path);
        }
        search_below(found, directory);
        return;
    }
    for (int i = 0; runtime_directories[i] != NULL; i++) {
        search_below(found, runtime_directories[i]);
    }
}

static int report_none(const search *found, const char *directory)
{
    if (found->is_forbidden) {
        fputs("pywsgid: only root and the user that started httpd may control the manager\n", stderr);
        return PYW_COMMAND_NOBODY;
    }
    fprintf(stderr, "pywsgid: no httpd with WSGIDaemonProcess runs here; searched for its sockets in\n");
    for (int i = 0; directory == NULL && runtime_directories[i] != NULL; i++) {
        fprintf(stderr, "  %s\n", runtime_directories[i]);
    }
    if (directory != NULL) {
        fprintf(stderr, "  %s\n", directory);
    }
    fputs("With WSGISocketPrefix or another DefaultRuntimeDir give the directory: --directory DIR\n", stderr);
    return PYW_COMMAND_NOBODY;
}

static int report_several(const search *found)
{
    fputs("pywsgid: several httpd run here, select one:\n", stderr);
    for (int i = 0; i < found->count; i++) {
        fprintf(stderr, "  --directory %.*s\n", (int)(strrchr(found->paths[i], '/') - found->paths[i]),
                found->paths[i]);
        close(found->sockets[i]);
    }
    return PYW_COMMAND_USAGE;
}

int pyw_command_connect(const char *directory, int *status)
{
    static search found;

    search_directories(&found, directory);
    if (found.count == 1) {
        return found.sockets[0];
    }
    *status = found.count == 0 ? report_none(&found, directory) : report_several(&found);
    return -1;
}
