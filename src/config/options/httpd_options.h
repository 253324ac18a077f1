/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_HTTPD_OPTIONS_H
#define PYW_CONFIG_OPTIONS_HTTPD_OPTIONS_H

/* The options of a process group that only httpd reads. They are not sent to the manager. */

#include <apr_tables.h>
#include <apr_time.h>
#include <sys/types.h>

#include "config/options/secrets.h"

typedef struct pyw_httpd_options {
    apr_interval_time_t request_timeout; /* for a request, from its arrival on; 0: no limit */
    apr_size_t request_buffer;           /* bytes of a request body that httpd collects in memory ... */
    apr_size_t request_spool;            /* ... and in total, the rest in a file, before a worker gets the request */
    apr_size_t header_buffer_size;       /* no header of a response may be this long or longer; 0: no limit for one */
    apr_size_t response_buffer;          /* bytes of a response that httpd keeps for a slow client in memory ... */
    apr_size_t response_spool;           /* ... and in a file in addition */
    int queue_limit;                     /* requests that may wait for a thread */
    apr_interval_time_t queue_timeout;   /* how long a request may wait; 0: no limit */
    const char *script_user;             /* the owner that scripts must have, a name or #uid; NULL: any */
    const char *script_group;            /* the group that scripts must have, a name or #gid; NULL: any */
    int server_metrics;                  /* the module's server_metrics() is allowed; part of worker.python_settings */
    const char *python_eggs;             /* PYTHON_EGG_CACHE; part of worker.python_settings */
    const char *switch_interval;         /* seconds, as written; part of worker.python_settings */
    int reserve;                         /* threads for requests of high priority only */
    pyw_secrets *secrets;                /* memory for the values of worker.env; NULL: the pool */
    uid_t script_uid;                    /* of script_user; set by pyw_config_check */
    gid_t script_gid;                    /* of script_group; set by pyw_config_check */
    apr_array_header_t *warnings;        /* elements: const char *, sentences about options that need a change ... */
    apr_array_header_t *notices;         /* ... and about options that do not */
} pyw_httpd_options;

#endif
