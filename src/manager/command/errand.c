/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/command/errand.h"

#include <apr_strings.h>
#include <stdio.h>

#include "base/clock.h"

struct pyw_errand {
    LIST_ENTRY(pyw_errand) next;
    apr_pool_t *pool;
    const char *verb;
    const char *who;
    pyw_goal goal;
    int64_t begun;
};

void pyw_errand_log(const pyw_worker_group *group, const char *verb, const char *who, const char *effect)
{
    pyw_group_log(group, PYW_LOG_NOTICE, PYWNO(0350) "group '%s': %s (pywsgi %s by %s)", group->options->name, effect,
                  verb, who);
}

void pyw_errand_begin(pyw_manager *manager, const pyw_worker_group *group, const char *verb, const char *who,
                      const char *effect)
{
    apr_pool_t *pool;
    struct pyw_errand *errand;

    pyw_errand_log(group, verb, who, effect);
    apr_pool_create(&pool, manager->pool);
    errand = apr_pcalloc(pool, sizeof(*errand));
    errand->pool = pool;
    errand->verb = apr_pstrdup(pool, verb);
    errand->who = apr_pstrdup(pool, who);
    errand->goal.group = apr_pstrdup(pool, group->options->name);
    errand->goal.generation = group->generation;
    errand->begun = pyw_clock_ms();
    LIST_INSERT_HEAD(&manager->errands, errand, next);
}

/* The group may have been freed. */
static void log_end(const pyw_manager *manager, const struct pyw_errand *errand, const char *result)
{
    const pyw_worker_group *group = pyw_goal_find_group(manager, errand->goal.group);
    char text[PYW_LOG_RECORD_MAX];

    snprintf(text, sizeof(text), PYWNO(0403) "%s (pywsgi %s by %s ended after %.1f s)", result, errand->verb,
             errand->who, (double)(pyw_clock_ms() - errand->begun) / 1000);
    if (group != NULL) {
        pyw_group_log(group, PYW_LOG_NOTICE, "%s", text);
    }
    else {
        pyw_log(PYW_LOG_NOTICE, "%s", text);
    }
}

void pyw_errand_step(pyw_manager *manager)
{
    for (struct pyw_errand *errand = LIST_FIRST(&manager->errands), *next; errand != NULL; errand = next) {
        char result[PYW_GOAL_TEXT];

        next = LIST_NEXT(errand, next);
        if (pyw_goal_look(manager, &errand->goal, result) != PYW_GOAL_PENDING) {
            LIST_REMOVE(errand, next);
            log_end(manager, errand, result);
            apr_pool_destroy(errand->pool);
        }
    }
}
