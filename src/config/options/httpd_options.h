/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_HTTPD_OPTIONS_H
#define PYW_CONFIG_OPTIONS_HTTPD_OPTIONS_H

/* The options of a process group that only httpd reads. They are not sent to the manager. */

#include <apr_tables.h>
#include <apr_time.h>

#include "config/options/secrets.h"

typedef struct pyw_httpd_options {
    int listen_backlog;                  /* accepted, without effect */
    apr_interval_time_t connect_timeout; /* accepted, without effect */
    apr_interval_time_t request_timeout; /* for a request, from its arrival on; 0: no limit */
    apr_size_t request_buffer;           /* bytes of a request body that httpd collects in memory ... */
    apr_size_t request_spool;            /* ... and in total, the rest in a file, before a worker gets the request */
    apr_size_t response_buffer;          /* bytes of a response that httpd keeps for a slow client in memory ... */
    apr_size_t response_spool;           /* ... and in a file in addition */
    int queue_limit;                     /* requests that may wait for a thread */
    apr_interval_time_t queue_timeout;   /* how long a request may wait; 0: no limit */
    int reserve;                         /* threads for requests of high priority only */
    pyw_secrets *secrets;                /* memory for the values of worker.env; NULL: the pool */
    apr_array_header_t *warnings;        /* elements: const char *, sentences about options that need a change ... */
    apr_array_header_t *notices;         /* ... and about options that do not */
} pyw_httpd_options;

#endif
