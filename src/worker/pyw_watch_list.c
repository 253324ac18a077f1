/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/pyw_watch_list.h"

#include <pthread.h>
#include <stdlib.h>

struct pyw_watch_list {
    pthread_mutex_t lock;
    pyw_application **applications;
    int count;
};

pyw_watch_list *pyw_watch_list_create(void)
{
    pyw_watch_list *list = calloc(1, sizeof(*list));

    if (list != NULL) {
        pthread_mutex_init(&list->lock, NULL);
    }
    return list;
}

static int is_known(const pyw_watch_list *list, const pyw_application *application)
{
    for (int i = 0; i < list->count; i++) {
        if (list->applications[i] == application) {
            return 1;
        }
    }
    return 0;
}

static void append(pyw_watch_list *list, pyw_application *application)
{
    pyw_application **grown = reallocarray(list->applications, (size_t)list->count + 1, sizeof(*grown));

    if (grown != NULL) {
        grown[list->count++] = application;
        list->applications = grown;
    }
}

void pyw_watch_list_add(pyw_watch_list *list, pyw_application *application)
{
    pthread_mutex_lock(&list->lock);
    if (!is_known(list, application)) {
        append(list, application);
    }
    pthread_mutex_unlock(&list->lock);
}

int pyw_watch_list_changed(pyw_watch_list *list, const pyw_engine *engine)
{
    int changed = 0;

    pthread_mutex_lock(&list->lock);
    for (int i = 0; i < list->count && !changed; i++) {
        changed = engine->changed(list->applications[i]);
    }
    pthread_mutex_unlock(&list->lock);
    return changed;
}
