/* SPDX-License-Identifier: Apache-2.0 */
#include "base/os/obstacle.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MOST = 8, NAME_MOST = 64 };

static const char *name_of(uid_t uid, char text[NAME_MOST])
{
    const struct passwd *entry = getpwuid(uid);

    if (entry != NULL) {
        snprintf(text, NAME_MOST, "%s", entry->pw_name);
    }
    else {
        snprintf(text, NAME_MOST, "#%lu", (unsigned long)uid);
    }
    return text;
}

/* Returns 1. `right` is "r" or "x", as for chmod(1). */
static int report_obstacle(const char *path, const struct stat *found, const char *right, pyw_problem *problem)
{
    char user[NAME_MOST], owner[NAME_MOST];

    pyw_problem_set(problem, "user %s may not %s %s (mode %04o, owner %s); write: chmod o+%s %s",
                    name_of(geteuid(), user), strcmp(right, "x") == 0 ? "enter" : "read", path,
                    (unsigned)(found->st_mode & 07777), name_of(found->st_uid, owner), right, path);
    return 1;
}

static int check_path(const char *path, int links, pyw_problem *problem);

/* A link whose target cannot be reached: the obstacle is in the path of the target. */
static int check_link(const char *path, int links, pyw_problem *problem)
{
    char target[PATH_MAX], joined[2 * PATH_MAX];
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    const char *slash = strrchr(path, '/');

    if (length < 0 || links == 0 || slash == NULL) {
        return 0;
    }
    target[length] = '\0';
    if (*target == '/') {
        return check_path(target, links - 1, problem);
    }
    snprintf(joined, sizeof(joined), "%.*s/%s", (int)(slash - path), path, target);
    return check_path(joined, links - 1, problem);
}

/* `is_last`: the path itself, not a directory on the way. All directories above can be searched. */
static int check_step(const char *path, int is_last, int links, pyw_problem *problem)
{
    struct stat found;
    int needs;

    if (stat(path, &found) != 0) {
        return errno == EACCES ? check_link(path, links, problem) : 0;
    }
    needs = (is_last ? R_OK : 0) | (S_ISDIR(found.st_mode) ? X_OK : 0);
    if (access(path, needs) == 0 || errno != EACCES) {
        return 0;
    }
    return report_obstacle(path, &found, needs == X_OK ? "x" : needs == R_OK ? "r" : "rx", problem);
}

static int check_path(const char *path, int links, pyw_problem *problem)
{
    char prefix[PATH_MAX];
    size_t length = strlen(path);

    if (*path != '/' || length >= sizeof(prefix)) {
        return 0;
    }
    for (size_t end = 1; end <= length; end++) {
        if (path[end] != '/' && (path[end] != '\0' || path[end - 1] == '/')) {
            continue;
        }
        snprintf(prefix, sizeof(prefix), "%.*s", (int)end, path);
        if (check_step(prefix, path[end] == '\0', links, problem)) {
            return 1;
        }
    }
    return 0;
}

int pyw_obstacle_find(const char *path, pyw_problem *problem)
{
    return check_path(path, LINKS_MOST, problem);
}
