/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/watch/file_list.h"

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "worker/watch/file_state.h"

typedef struct listed_file {
    const char *path;
    pyw_file_state state;
    pyw_file_kind kind;
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

static int is_after(const struct timespec *time, const struct timespec *since)
{
    return time->tv_sec > since->tv_sec || (time->tv_sec == since->tv_sec && time->tv_nsec >= since->tv_nsec);
}

void pyw_file_list_add(pyw_file_list *list, const char *path, pyw_file_kind kind, const struct timespec *since)
{
    listed_file *file = apr_hash_get(list->by_path, path, APR_HASH_KEY_STRING);

    if (file != NULL) {
        file->kind = kind == PYW_FILE_LOADED ? PYW_FILE_LOADED : file->kind;
        return;
    }
    file = apr_palloc(list->pool, sizeof(*file));
    file->path = apr_pstrdup(list->pool, path);
    file->state = pyw_file_state_read(path);
    file->kind = kind;
    file->is_in_doubt = is_after(&file->state.inode_changed, since);
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

const char *pyw_file_list_compare(const pyw_file_list *list, int only_code, uint64_t *digest, pyw_file_kind *kind)
{
    const char *first = NULL;

    for (int i = 0; i < list->in_order->nelts; i++) {
        const listed_file *file = APR_ARRAY_IDX(list->in_order, i, listed_file *);
        pyw_file_state now;

        if (only_code && file->kind == PYW_FILE_TEXT) {
            continue;
        }
        now = pyw_file_state_read(file->path);
        if (file->is_in_doubt || !pyw_file_state_is_same(&file->state, &now)) {
            *digest += pyw_file_state_digest(file->path, &now);
            if (first == NULL) {
                first = file->path;
                *kind = file->kind;
            }
        }
    }
    return first;
}
