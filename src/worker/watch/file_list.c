/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/watch/file_list.h"

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

typedef struct listed_file {
    const char *path;
    dev_t device; /* this and the next members are 0 if the file does not exist */
    ino_t inode;
    off_t size;
    struct timespec modified;
    int is_in_doubt; /* the file changed after the process had begun to read it */
} listed_file;

struct pyw_file_list {
    apr_pool_t *pool;
    apr_hash_t *by_path;
    apr_array_header_t *in_order; /* elements: listed_file * */
};

pyw_file_list *pyw_file_list_create(void)
{
    apr_pool_t *pool;
    pyw_file_list *list;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_tag(pool, "pywsgi_file_list");
    list = apr_pcalloc(pool, sizeof(*list));
    list->pool = pool;
    list->by_path = apr_hash_make(pool);
    list->in_order = apr_array_make(pool, 500, sizeof(listed_file *));
    return list;
}

/* As stat(2), but a path that leads into a regular file stands for this file. */
static int find_state(const char *path, struct stat *found)
{
    char archive[PATH_MAX];
    char *slash;

    if (stat(path, found) == 0) {
        return 0;
    }
    if (errno != ENOTDIR || strlen(path) >= sizeof(archive)) {
        return -1;
    }
    strcpy(archive, path);
    while ((slash = strrchr(archive, '/')) != NULL && slash > archive) {
        *slash = '\0';
        if (stat(archive, found) == 0) {
            return 0;
        }
    }
    return -1;
}

static void read_state(listed_file *file, struct stat *found)
{
    if (find_state(file->path, found) != 0) {
        memset(found, 0, sizeof(*found));
    }
    file->device = found->st_dev;
    file->inode = found->st_ino;
    file->size = found->st_size;
    file->modified = found->st_mtim;
}

static int is_same(const listed_file *one, const listed_file *other)
{
    return one->device == other->device && one->inode == other->inode && one->size == other->size &&
           one->modified.tv_sec == other->modified.tv_sec && one->modified.tv_nsec == other->modified.tv_nsec;
}

static int is_after(const struct timespec *time, const struct timespec *since)
{
    return time->tv_sec > since->tv_sec || (time->tv_sec == since->tv_sec && time->tv_nsec >= since->tv_nsec);
}

void pyw_file_list_add(pyw_file_list *list, const char *path, const struct timespec *since)
{
    listed_file *file;
    struct stat found;

    if (pyw_file_list_has(list, path)) {
        return;
    }
    file = apr_palloc(list->pool, sizeof(*file));
    file->path = apr_pstrdup(list->pool, path);
    read_state(file, &found);
    file->is_in_doubt = is_after(&found.st_ctim, since);
    apr_hash_set(list->by_path, file->path, APR_HASH_KEY_STRING, file);
    APR_ARRAY_PUSH(list->in_order, listed_file *) = file;
}

int pyw_file_list_has(const pyw_file_list *list, const char *path)
{
    return apr_hash_get(list->by_path, path, APR_HASH_KEY_STRING) != NULL;
}

int pyw_file_list_count(const pyw_file_list *list)
{
    return list->in_order->nelts;
}

const char *pyw_file_list_changed(const pyw_file_list *list)
{
    for (int i = 0; i < list->in_order->nelts; i++) {
        const listed_file *file = APR_ARRAY_IDX(list->in_order, i, listed_file *);
        listed_file now = {.path = file->path};
        struct stat found;

        read_state(&now, &found);
        if (file->is_in_doubt || !is_same(file, &now)) {
            return file->path;
        }
    }
    return NULL;
}
