/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/watch/scripts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "worker/watch/file_state.h"

typedef struct watched {
    pyw_application *application;
    char *script; /* NULL: a module */
    int reloading;
} watched;

struct pyw_script_watch {
    pthread_mutex_t lock;
    watched *items;
    int count;
};

pyw_script_watch *pyw_script_watch_create(void)
{
    pyw_script_watch *list = calloc(1, sizeof(*list));

    if (list != NULL) {
        pthread_mutex_init(&list->lock, NULL);
    }
    return list;
}

static int is_known_script(const pyw_script_watch *list, const pyw_application *application)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i].application == application) {
            return 1;
        }
    }
    return 0;
}

static void append_script(pyw_script_watch *list, pyw_application *application, const pyw_application_spec *spec)
{
    watched *grown = reallocarray(list->items, (size_t)list->count + 1, sizeof(*grown));

    if (grown != NULL) {
        grown[list->count].application = application;
        grown[list->count].script = spec->kind == PYW_TARGET_SCRIPT ? strdup(spec->target) : NULL;
        grown[list->count].reloading = spec->reloading;
        list->count++;
        list->items = grown;
    }
}

void pyw_script_watch_add(pyw_script_watch *list, pyw_application *application, const pyw_application_spec *spec)
{
    pthread_mutex_lock(&list->lock);
    if (!is_known_script(list, application)) {
        append_script(list, application, spec);
    }
    pthread_mutex_unlock(&list->lock);
}

int pyw_script_watch_changed(pyw_script_watch *list, const pyw_engine *engine)
{
    int changed = 0;

    pthread_mutex_lock(&list->lock);
    for (int i = 0; i < list->count && !changed; i++) {
        changed = engine->changed(list->items[i].application);
    }
    pthread_mutex_unlock(&list->lock);
    return changed;
}

static uint64_t digest_of(const char *script)
{
    pyw_file_state state = pyw_file_state_read(script);

    return pyw_file_state_digest(script, &state);
}

uint64_t pyw_script_watch_digest(pyw_script_watch *list)
{
    uint64_t digest = 1;

    pthread_mutex_lock(&list->lock);
    for (int i = 0; i < list->count; i++) {
        if (list->items[i].script != NULL && list->items[i].reloading) {
            digest += digest_of(list->items[i].script); /* a sum, because the order of the entries may differ */
        }
    }
    pthread_mutex_unlock(&list->lock);
    return digest;
}

void pyw_script_watch_each(pyw_script_watch *list, void (*visit)(void *baton, const char *script), void *baton)
{
    pthread_mutex_lock(&list->lock);
    for (int i = 0; i < list->count; i++) {
        if (list->items[i].script != NULL) {
            visit(baton, list->items[i].script);
        }
    }
    pthread_mutex_unlock(&list->lock);
}
