/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "httpd/queue/shared_memory.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_config.h>
#include <http_log.h>
#include <http_main.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "config/config.h"
#include "httpd/parent/generations.h"

APLOG_USE_MODULE(pywsgi);

/*
 * Tickets beyond running and waiting requests: for retries, and for requests whose client has left while the worker
 * still runs them.
 */
#define SPARE_TICKETS 256
#define MOST_TICKETS 65536 /* exceeds the threads of any httpd */
#define SPARE_WORKERS 16
#define LEAST_PLACES 16

#define KEY_SIZE 128

/* The tables of a group. They exist as long as there is a child whose configuration contains the group. */
typedef struct dispatch_entry {
    char *name;                 /* owned */
    ap_generation_t generation; /* the last generation that knows the group */
    apr_uint32_t use;           /* the number of earlier groups in this entry */
    pyw_slots *slots;
    apr_uint32_t tickets;
    apr_uint32_t workers;
} dispatch_entry;

typedef struct dispatch_memory {
    int worker_list_fd;
    int load_fd;
    int stats_fd;
    pyw_worker_list_group *worker_list;
    pyw_load_group *load;
    const pyw_group_stats_table *stats;
    int size;  /* allocated entries */
    int count; /* used entries */
    dispatch_entry *entries;
} dispatch_memory;

/* A different build of this module, with other layouts, does not reuse the tables. */
static const char *retained_key(char key[KEY_SIZE])
{
    apr_snprintf(key, KEY_SIZE, "pywsgi-dispatch " PYW_VERSION " %lu %lu %lu %lu %lu %lu",
                 (unsigned long)pyw_slots_size(0, 0), (unsigned long)pyw_slots_size(1, 0),
                 (unsigned long)pyw_slots_size(0, 1), (unsigned long)sizeof(pyw_worker_list_group),
                 (unsigned long)sizeof(pyw_load_group), (unsigned long)sizeof(pyw_group_stats_table));
    return key;
}

static dispatch_memory *find_memory(void)
{
    char key[KEY_SIZE];

    return ap_retained_data_get(retained_key(key));
}

static dispatch_memory *retained_memory(void)
{
    dispatch_memory *memory = find_memory();
    char key[KEY_SIZE];

    if (!memory) {
        memory = ap_retained_data_create(retained_key(key), sizeof(*memory));
        memory->worker_list_fd = memory->load_fd = memory->stats_fd = -1;
    }
    return memory;
}

static int create_memory(dispatch_memory *memory)
{
    if (memory->worker_list_fd < 0) {
        memory->worker_list_fd = pyw_worker_list_memory("pywsgi-worker-list", 0);
    }
    if (memory->load_fd < 0) {
        memory->load_fd = pyw_worker_list_memory("pywsgi-load", 0);
    }
    if (memory->stats_fd < 0) {
        memory->stats_fd = pyw_worker_list_memory("pywsgi-stats", sizeof(*memory->stats));
    }
    if (memory->stats_fd >= 0 && !memory->stats) {
        memory->stats = pyw_worker_list_map(memory->stats_fd, sizeof(*memory->stats), 0);
    }
    return memory->worker_list_fd >= 0 && memory->load_fd >= 0 && memory->stats;
}

/*
 * Grows and maps the memory. Old mappings of the same memory stay, because tables and old children use them. 0 with
 * errno.
 */
static int grow_memory(dispatch_memory *memory, int size)
{
    size_t worker_list_size = (size_t)size * sizeof(pyw_worker_list_group),
           load_size = (size_t)size * sizeof(pyw_load_group);
    dispatch_entry *entries = realloc(memory->entries, (size_t)size * sizeof(*entries));
    pyw_worker_list_group *worker_list;
    pyw_load_group *load;

    if (!entries) {
        return 0;
    }
    memory->entries = entries;
    if (!create_memory(memory) || pyw_worker_list_grow(memory->worker_list_fd, worker_list_size) != 0 ||
        pyw_worker_list_grow(memory->load_fd, load_size) != 0) {
        return 0;
    }
    worker_list = pyw_worker_list_map(memory->worker_list_fd, worker_list_size, 0);
    load = pyw_worker_list_map(memory->load_fd, load_size, 1);
    if (!worker_list || !load) {
        return 0;
    }
    memset(entries + memory->size, 0, (size_t)(size - memory->size) * sizeof(*entries));
    memory->worker_list = worker_list;
    memory->load = load;
    memory->size = size;
    return 1;
}

static dispatch_entry *find_dispatch_entry(dispatch_memory *memory, const char *name)
{
    for (int i = 0; i < memory->count; i++) {
        if (strcmp(memory->entries[i].name, name) == 0) {
            return &memory->entries[i];
        }
    }
    return NULL;
}

/* Frees the entry of a removed group, when no process uses its tables. */
static void clear_entry(dispatch_memory *memory, dispatch_entry *entry)
{
    if (entry->slots) {
        munmap(entry->slots, pyw_slots_size(entry->tickets, entry->workers));
    }
    memset(&memory->load[entry - memory->entries], 0, sizeof(pyw_load_group));
    free(entry->name);
    entry->slots = NULL;
    entry->tickets = entry->workers = 0;
    entry->use++;
}

static dispatch_entry *find_free_entry(dispatch_memory *memory)
{
    for (int i = 0; i < memory->count; i++) {
        if (pyw_generations_are_gone(memory->entries[i].generation)) {
            clear_entry(memory, &memory->entries[i]);
            return &memory->entries[i];
        }
    }
    if (memory->count == memory->size &&
        !grow_memory(memory, memory->size < LEAST_PLACES ? LEAST_PLACES : 2 * memory->size)) {
        return NULL;
    }
    return &memory->entries[memory->count];
}

/* NULL with errno. */
static dispatch_entry *create_entry(dispatch_memory *memory, const char *name)
{
    char *copy = strdup(name);
    dispatch_entry *entry = copy ? find_free_entry(memory) : NULL;

    if (!entry) {
        free(copy);
        return NULL;
    }
    memory->count += entry == &memory->entries[memory->count];
    entry->name = copy;
    return entry;
}

/* Includes the previous generation, whose workers may still run requests. */
static apr_uint32_t wanted_tickets(const pyw_group_options *options)
{
    apr_int64_t wanted = (apr_int64_t)options->manager.processes * options->worker.threads * 2 +
                         options->httpd.queue_limit + SPARE_TICKETS;

    return wanted < MOST_TICKETS ? (apr_uint32_t)wanted : MOST_TICKETS;
}

static apr_uint32_t wanted_workers(const pyw_group_options *options)
{
    apr_uint32_t wanted =
        (apr_uint32_t)options->manager.processes * 2 + (apr_uint32_t)options->manager.reload_overlap + SPARE_WORKERS;

    return wanted < PYW_WORKER_LIST_WORKERS ? wanted : PYW_WORKER_LIST_WORKERS;
}

/* While old children with a smaller table drain, each generation counts only its own requests. */
static int create_slots(dispatch_memory *memory, dispatch_entry *entry, const pyw_group_options *options)
{
    apr_uint32_t tickets = wanted_tickets(options), workers = wanted_workers(options);
    int index = (int)(entry - memory->entries);
    void *created;

    if (entry->slots && entry->tickets >= tickets && entry->workers >= workers) {
        return 1;
    }
    /* Never shrinks: otherwise two alternating configurations would create a new table each time. */
    tickets = tickets > entry->tickets ? tickets : entry->tickets;
    workers = workers > entry->workers ? workers : entry->workers;
    created = mmap(NULL, pyw_slots_size(tickets, workers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (created == MAP_FAILED) {
        return 0;
    }
    if (pyw_slots_init(created, tickets, workers, &memory->worker_list[index], entry->use, &memory->load[index]) != 0) {
        munmap(created, pyw_slots_size(tickets, workers));
        return 0;
    }
    entry->slots = created;
    entry->tickets = tickets;
    entry->workers = workers;
    return 1;
}

/* Marks the entries of configured groups, before other entries are reused. */
static void mark_entries(dispatch_memory *memory, const apr_array_header_t *groups)
{
    for (int i = 0; i < groups->nelts; i++) {
        dispatch_entry *entry = find_dispatch_entry(memory, APR_ARRAY_IDX(groups, i, pyw_group *)->options->name);

        if (entry) {
            entry->generation = pyw_generations_current();
        }
    }
}

static int prepare_group(dispatch_memory *memory, pyw_group *group)
{
    dispatch_entry *entry = find_dispatch_entry(memory, group->options->name);

    if (!entry) {
        entry = create_entry(memory, group->options->name);
    }
    if (!entry || !create_slots(memory, entry, group->options)) {
        return 0;
    }
    entry->generation = pyw_generations_current();
    group->slots = entry->slots;
    group->worker_list = &memory->worker_list[entry - memory->entries];
    group->options->manager.worker_list_index = (int)(entry - memory->entries);
    group->options->manager.worker_list_use = (int)entry->use;
    return 1;
}

pyw_result pyw_shared_memory_prepare(void)
{
    dispatch_memory *memory = retained_memory();
    const apr_array_header_t *groups = pyw_config_main()->groups;

    mark_entries(memory, groups);
    for (int i = 0; i < groups->nelts; i++) {
        pyw_group *group = APR_ARRAY_IDX(groups, i, pyw_group *);

        if (!prepare_group(memory, group)) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, errno, ap_server_conf,
                         PYWNO(0261) "process group '%s': no shared memory for its queue", group->options->name);
            return PYW_FAILED;
        }
    }
    return PYW_OK;
}

int pyw_shared_memory_size(void)
{
    const dispatch_memory *memory = find_memory();

    return memory ? memory->size : 0;
}

int pyw_shared_memory_worker_list_fd(void)
{
    return find_memory() ? find_memory()->worker_list_fd : -1;
}

int pyw_shared_memory_load_fd(void)
{
    return find_memory() ? find_memory()->load_fd : -1;
}

int pyw_shared_memory_stats_fd(void)
{
    return find_memory() ? find_memory()->stats_fd : -1;
}

const pyw_group_stats_table *pyw_shared_memory_stats(void)
{
    return find_memory() ? find_memory()->stats : NULL;
}

void pyw_shared_memory_child_init(void)
{
    dispatch_memory *memory = find_memory();

    if (memory && memory->size > 0) {
        close(memory->worker_list_fd);
        close(memory->load_fd);
        close(memory->stats_fd);
        memory->worker_list_fd = memory->load_fd = memory->stats_fd = -1;
        for (int i = 0; i < memory->count; i++) {
            if (memory->entries[i].slots) {
                pyw_slots_adopt(memory->entries[i].slots);
            }
        }
    }
}
