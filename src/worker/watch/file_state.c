/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/watch/file_state.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"

/* As stat(2), but a path that leads into a regular file stands for this file. */
static int find_file(const char *path, struct stat *found)
{
    char archive[PATH_MAX];
    char *slash;

    if (stat(path, found) == 0) {
        return 0;
    }
    if (errno != ENOTDIR || strlen(path) >= sizeof(archive)) {
        return -1;
    }
    memcpy(archive, path, strlen(path) + 1);
    while ((slash = strrchr(archive, '/')) != NULL && slash > archive) {
        *slash = '\0';
        if (stat(archive, found) == 0) {
            return 0;
        }
    }
    return -1;
}

pyw_file_state pyw_file_state_read(const char *path)
{
    pyw_file_state state;
    struct stat found;

    memset(&state, 0, sizeof(state));
    if (find_file(path, &found) == 0) {
        state.device = found.st_dev;
        state.inode = found.st_ino;
        state.size = found.st_size;
        state.modified = found.st_mtim;
        state.inode_changed = found.st_ctim;
    }
    return state;
}

int pyw_file_state_is_same(const pyw_file_state *one, const pyw_file_state *other)
{
    return one->device == other->device && one->inode == other->inode && one->size == other->size &&
           one->modified.tv_sec == other->modified.tv_sec && one->modified.tv_nsec == other->modified.tv_nsec;
}

uint64_t pyw_file_state_digest(const char *path, const pyw_file_state *state)
{
    uint64_t digest = pyw_digest_mix(PYW_DIGEST_START, path, strlen(path));

    digest = pyw_digest_mix(digest, &state->device, sizeof(state->device));
    digest = pyw_digest_mix(digest, &state->inode, sizeof(state->inode));
    digest = pyw_digest_mix(digest, &state->size, sizeof(state->size));
    return pyw_digest_mix(digest, &state->modified, sizeof(state->modified));
}
