/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/board.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

struct pyw_board_entry {
    _Atomic int32_t owner;     /* process id; 0: free */
    _Atomic uint32_t sequence; /* odd while the request is written */
    _Atomic uint32_t phase;
    _Atomic uint32_t worker;
    _Atomic uint64_t thread; /* of the owner */
    pyw_board_request request;
};

struct pyw_board {
    uint32_t capacity;
    _Atomic uint32_t hint; /* where the search for a free entry begins */
    pyw_board_entry entries[];
};

/* The value is the entry of the calling thread. Only httpd's children make the key, before their threads start. */
static pthread_key_t own_entry;
static int has_key;

size_t pyw_board_size(uint32_t capacity)
{
    return sizeof(pyw_board) + capacity * sizeof(pyw_board_entry);
}

void pyw_board_init(pyw_board *board, uint32_t capacity)
{
    board->capacity = capacity;
}

uint32_t pyw_board_capacity(const pyw_board *board)
{
    return board->capacity;
}

const char *pyw_board_phase_name(pyw_board_phase phase)
{
    static const char *const names[PYW_BOARD_PHASES] = {
        [PYW_BOARD_IDLE] = "idle",       [PYW_BOARD_BODY] = "body",
        [PYW_BOARD_QUEUED] = "queued",   [PYW_BOARD_APPLICATION] = "application",
        [PYW_BOARD_WRITING] = "writing",
    };

    return names[phase];
}

static void release(void *data)
{
    pyw_board_entry *entry = data;

    atomic_store(&entry->phase, PYW_BOARD_IDLE);
    atomic_store(&entry->owner, 0);
}

void pyw_board_adopt(pyw_board *board)
{
    int32_t self = (int32_t)getpid();

    has_key = has_key || pthread_key_create(&own_entry, release) == 0;
    if (has_key) {
        pthread_setspecific(own_entry, NULL);
    }
    for (uint32_t i = 0; i < board->capacity; i++) {
        int32_t owner = atomic_load(&board->entries[i].owner);

        if (owner != 0 && (owner == self || kill(owner, 0) != 0)) {
            release(&board->entries[i]);
        }
    }
}

static pyw_board_entry *claim(pyw_board *board)
{
    uint32_t first = atomic_load_explicit(&board->hint, memory_order_relaxed);
    int32_t self = (int32_t)getpid();

    for (uint32_t i = 0; i < board->capacity; i++) {
        uint32_t index = (first + i) % board->capacity;
        int32_t is_free = 0;

        if (atomic_compare_exchange_strong(&board->entries[index].owner, &is_free, self)) {
            atomic_store_explicit(&board->entries[index].thread, (uint64_t)pthread_self(), memory_order_relaxed);
            atomic_store_explicit(&board->hint, index + 1, memory_order_relaxed);
            pthread_setspecific(own_entry, &board->entries[index]);
            return &board->entries[index];
        }
    }
    return NULL;
}

const pyw_board_request *pyw_board_current(void)
{
    const pyw_board_entry *entry = has_key ? pthread_getspecific(own_entry) : NULL;

    return entry != NULL && atomic_load_explicit(&entry->phase, memory_order_relaxed) != PYW_BOARD_IDLE
               ? &entry->request
               : NULL;
}

/* For a text that is usually longer than a few bytes. */
static inline void copy(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);

    memcpy(to, from, length);
    to[length] = '\0';
}

/* A loop takes fewer instructions than two calls for the few bytes of a method. */
static inline void copy_method(char *to, size_t size, const char *from)
{
    char *last = to + size - 1;

    while (to < last && *from != '\0') {
        *to++ = *from++;
    }
    *to = '\0';
}

static inline void write_request(pyw_board_request *request, int64_t arrival, const pyw_board_description *described)
{
    request->arrival = arrival;
    request->series = described->series;
    copy_method(request->method, sizeof(request->method), described->method);
    copy(request->url, sizeof(request->url), described->url);
    copy(request->client, sizeof(request->client), described->client);
    copy(request->id, sizeof(request->id), described->id);
}

/* Takes no lock and makes no system call, except for the first request of a thread. */
pyw_board_entry *pyw_board_begin(pyw_board *board, int64_t arrival, const pyw_board_description *described)
{
    pyw_board_entry *entry = has_key ? pthread_getspecific(own_entry) : NULL;
    uint32_t sequence;

    if (entry == NULL) {
        entry = has_key ? claim(board) : NULL;
    }
    if (entry == NULL) {
        return NULL;
    }
    sequence = atomic_load_explicit(&entry->sequence, memory_order_relaxed) | 1;
    atomic_store_explicit(&entry->sequence, sequence, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    write_request(&entry->request, arrival, described);
    atomic_store_explicit(&entry->worker, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->phase, PYW_BOARD_BODY, memory_order_relaxed);
    atomic_store_explicit(&entry->sequence, sequence + 1, memory_order_release);
    return entry;
}

void pyw_board_set(pyw_board_entry *entry, pyw_board_phase phase)
{
    if (entry != NULL) {
        atomic_store_explicit(&entry->phase, phase, memory_order_relaxed);
    }
}

void pyw_board_set_worker(pyw_board_entry *entry, uint32_t pid)
{
    if (entry != NULL) {
        atomic_store_explicit(&entry->worker, pid, memory_order_relaxed);
    }
}

/* Adds the final NULs, because another process may be writing the texts. */
static void terminate(pyw_board_request *request)
{
    request->method[sizeof(request->method) - 1] = '\0';
    request->url[sizeof(request->url) - 1] = '\0';
    request->client[sizeof(request->client) - 1] = '\0';
    request->id[sizeof(request->id) - 1] = '\0';
}

pyw_board_phase pyw_board_read(const pyw_board *board, uint32_t index, pyw_board_request *request,
                               pyw_board_place *place)
{
    const pyw_board_entry *entry = &board->entries[index];
    int32_t owner = atomic_load(&entry->owner);
    uint32_t sequence = atomic_load_explicit(&entry->sequence, memory_order_acquire);
    uint32_t phase = atomic_load_explicit(&entry->phase, memory_order_relaxed);

    if (owner == 0 || phase == PYW_BOARD_IDLE || phase >= PYW_BOARD_PHASES || sequence % 2 != 0) {
        return PYW_BOARD_IDLE;
    }
    memcpy(request, &entry->request, sizeof(*request));
    place->worker = atomic_load_explicit(&entry->worker, memory_order_relaxed);
    place->child = owner;
    place->thread = atomic_load_explicit(&entry->thread, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    terminate(request);
    if (atomic_load_explicit(&entry->sequence, memory_order_relaxed) != sequence || kill(owner, 0) != 0) {
        return PYW_BOARD_IDLE;
    }
    return phase;
}
