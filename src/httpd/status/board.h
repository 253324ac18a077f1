/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_BOARD_H
#define PYW_HTTPD_STATUS_BOARD_H

/*
 * The requests in flight: an entry for each thread of httpd's children that has served a request, in memory that all
 * children share. A thread writes its entry without a lock. Any process may read the entry at any time, and detects a
 * concurrent change. Does not use httpd.h.
 */

#include <stddef.h>
#include <stdint.h>

typedef enum {
    PYW_BOARD_IDLE = 0,
    PYW_BOARD_BODY,        /* httpd reads the request body */
    PYW_BOARD_QUEUED,      /* waits for a worker */
    PYW_BOARD_APPLICATION, /* the application runs */
    PYW_BOARD_WRITING,     /* the application has ended; httpd sends the rest to the client */
    PYW_BOARD_PHASES
} pyw_board_phase;

/* A request. Longer texts are cut. */
typedef struct pyw_board_request {
    int64_t arrival; /* microseconds of base/clock.h */
    char method[16];
    char url[256];
    char client[48];
    char id[65];
    uint32_t series; /* the index of its series (httpd/metrics/series.h), which names its virtual host and group */
} pyw_board_request;

/* A request that begins. */
typedef struct pyw_board_description {
    const char *method;
    const char *url;
    const char *client;
    const char *id;
    uint32_t series;
} pyw_board_description;

/* Where a request runs. */
typedef struct pyw_board_place {
    uint32_t worker; /* the pid of its worker; 0: none */
    int32_t child;   /* the pid of its child of httpd ... */
    uint64_t thread; /* ... and pthread_self() of its thread there */
} pyw_board_place;

typedef struct pyw_board pyw_board;
typedef struct pyw_board_entry pyw_board_entry;

/* The size of a board, and its initialisation in zeroed shared memory. */
size_t pyw_board_size(uint32_t capacity);
void pyw_board_init(pyw_board *board, uint32_t capacity);
uint32_t pyw_board_capacity(const pyw_board *board);

/* "body", "queued" ... */
const char *pyw_board_phase_name(pyw_board_phase phase);

/* In a new child: frees the entries of dead processes, and of a dead process with the same id. */
void pyw_board_adopt(pyw_board *board);

/* The request of the calling thread; NULL: none. */
const pyw_board_request *pyw_board_current(void);

/*
 * In a child that has called pyw_board_adopt. Shows a request in the phase BODY, until pyw_board_set with
 * PYW_BOARD_IDLE. Returns the entry of the calling thread, which ends with the thread. NULL: all entries are in use,
 * and the request is not shown. The other functions accept NULL.
 */
pyw_board_entry *pyw_board_begin(pyw_board *board, int64_t arrival, const pyw_board_description *described);
void pyw_board_set(pyw_board_entry *entry, pyw_board_phase phase);
void pyw_board_set_worker(pyw_board_entry *entry, uint32_t pid);

/*
 * Copies the request of an entry. Any process. Returns its phase, or PYW_BOARD_IDLE if there is no request, the entry
 * changes during the copy, or its process has ended.
 */
pyw_board_phase pyw_board_read(const pyw_board *board, uint32_t index, pyw_board_request *request,
                               pyw_board_place *place);

#endif
