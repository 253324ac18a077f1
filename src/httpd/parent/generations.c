/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/generations.h"

#include <http_config.h>

#define RETAINED_KEY "pywsgi-generations"
#define MOST 64

typedef struct generation_count {
    ap_generation_t generation;
    int children; /* 0: the entry is unused */
} generation_count;

/* Plain data only, as the next generation may be another build of this module. */
typedef struct retained_generations {
    int has_overflowed; /* a generation found no free entry; from then on no generation counts as gone */
    generation_count counts[MOST];
} retained_generations;

static retained_generations *retained_generation_counts(void)
{
    retained_generations *all = ap_retained_data_get(RETAINED_KEY);

    return all ? all : ap_retained_data_create(RETAINED_KEY, sizeof(*all));
}

static generation_count *find_generation(retained_generations *all, ap_generation_t generation)
{
    for (int i = 0; i < MOST; i++) {
        if (all->counts[i].children > 0 && all->counts[i].generation == generation) {
            return &all->counts[i];
        }
    }
    return NULL;
}

static generation_count *find_free(retained_generations *all)
{
    for (int i = 0; i < MOST; i++) {
        if (all->counts[i].children == 0) {
            return &all->counts[i];
        }
    }
    return NULL;
}

void pyw_generations_child_status(server_rec *server, pid_t pid, ap_generation_t generation, int slot,
                                  mpm_child_status status)
{
    retained_generations *all = retained_generation_counts();
    generation_count *count = find_generation(all, generation);

    (void)server;
    (void)pid;
    (void)slot;
    if (status == MPM_CHILD_STARTED) {
        if (!count && (count = find_free(all)) != NULL) {
            count->generation = generation;
        }
        if (!count) {
            all->has_overflowed = 1;
            return;
        }
        count->children++;
    }
    else if (status == MPM_CHILD_EXITED && count) {
        count->children--;
    }
}

ap_generation_t pyw_generations_current(void)
{
    int generation = 0;

    ap_mpm_query(AP_MPMQ_GENERATION, &generation);
    return generation;
}

int pyw_generations_are_gone(ap_generation_t generation)
{
    const retained_generations *all = retained_generation_counts();

    if (all->has_overflowed || generation >= pyw_generations_current()) {
        return 0;
    }
    for (int i = 0; i < MOST; i++) {
        if (all->counts[i].children > 0 && all->counts[i].generation <= generation) {
            return 0;
        }
    }
    return 1;
}
