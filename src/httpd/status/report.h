/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_STATUS_REPORT_H
#define PYW_HTTPD_STATUS_REPORT_H

/* The state of all process groups, and the requests in flight. Reads shared memory, and never waits. */

#include <apr_tables.h>
#include <httpd.h>

#include "httpd/metrics/series.h"
#include "httpd/status/board.h"
#include "httpd/status/faults.h"
#include "shm/group_stats.h"
#include "shm/worker_stats.h"

typedef struct pyw_report_group {
    const char *name;                          /* "%{GLOBAL}": embedded applications */
    const char *state;                         /* "running" ... */
    int drains;                                /* httpd is about to stop (pywsgi drain) */
    apr_uint64_t workers;                      /* workers that accept requests */
    apr_uint64_t threads;                      /* of these workers */
    apr_uint64_t running;                      /* requests in workers */
    apr_uint64_t waiting;                      /* requests that wait for a worker */
    apr_uint64_t requests[PYW_SERIES_CLASSES]; /* of all virtual hosts */
    apr_uint64_t refused;
    int has_stats;                 /* the manager has published counters; 0 for embedded applications */
    pyw_group_stats stats;         /* counters, and the last reload */
    apr_array_header_t *processes; /* pyw_worker_stats: all workers, including workers that accept no requests */
    apr_uint64_t states[PYW_WORKER_STATES]; /* the number of workers in each state */
    apr_uint64_t busy;                      /* threads that run a request */
    apr_uint64_t resident;                  /* bytes of memory of all workers */
    apr_uint64_t proportional;              /* ... in which shared pages count once; 0: unknown */
} pyw_report_group;

typedef struct pyw_report_request {
    pyw_board_request request;
    const char *vhost; /* "www.example.org:443"; "": too many combinations of virtual host and group */
    const char *group; /* "%{GLOBAL}": an embedded application */
    pyw_board_place place;
    pyw_board_phase phase;
    apr_uint64_t age; /* milliseconds */
    char key[40];     /* finds it again */
} pyw_report_request;

typedef struct pyw_report {
    apr_array_header_t *groups;   /* pyw_report_group; embedded applications last, if they had a request */
    apr_array_header_t *requests; /* pyw_report_request, the oldest first */
    apr_array_header_t *faults;   /* pyw_fault, the latest first */
} pyw_report;

/* Sets only ->groups; the other members become NULL. Allocates from `pool`. */
void pyw_report_read_groups(pyw_report *report, apr_pool_t *pool);

/* "aborted", "1xx" ... "5xx": the names of PYW_SERIES_CLASSES. */
const char *pyw_report_class_name(unsigned index);

/* Milliseconds since `started`, a time of pyw_clock_ms(). */
apr_uint64_t pyw_report_age(int64_t started);

/* Allocates from `pool`. With `hide_query`, URLs, also in the texts of faults, have no query string. */
void pyw_report_read(pyw_report *report, apr_pool_t *pool, int hide_query);

/* Finds a request that is still in flight by its key, which a client may have made up. 0: there is none. */
int pyw_report_find_request(pyw_report_request *found, const char *key, int hide_query);

#endif
