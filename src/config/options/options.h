/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_OPTIONS_H
#define PYW_CONFIG_OPTIONS_OPTIONS_H

/*
 * The options of a process group (WSGIDaemonProcess) as a plain struct, and their textual form: the pairs that httpd's
 * parent sends to the manager, and the manager to the workers. Uses APR, but not httpd.
 */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <sys/types.h>

#include "base/pair.h"
#include "config/options/secrets.h"

typedef struct pyw_group_options {
    const char *name;
    int processes;                    /* 1 ... ; the maximum of a range */
    int processes_least;              /* 0 ... ; the minimum of a range, otherwise the same as processes */
    int multiprocess;                 /* wsgi.multiprocess: processes= was given, even as 1 */
    int threads;                      /* 1 ... ; default 15; 0: a service group, which runs `imports` and no requests */
    const char *user;                 /* a name, or #uid; NULL: the process's user (httpd's User if started as root) */
    const char *group;                /* a name, or #gid; NULL: the user's primary group */
    const char *supplementary_groups; /* names separated by commas; NULL: initgroups(user) */
    int umask;                        /* -1: inherited */
    const char *home;                 /* working directory; NULL: the user's home, or inherited */
    const char *python_home;
    const char *python_path; /* directories separated by colons */
    const char *lang;
    const char *locale;
    const char *display_name; /* "%{GROUP}" already expanded */
    int listen_backlog;
    const char *socket_user;                /* owner of the socket; NULL: httpd's User */
    apr_interval_time_t connect_timeout;    /* all timeouts in microseconds, as apr_time.h has it */
    apr_interval_time_t socket_timeout;     /* 0: httpd's Timeout */
    apr_interval_time_t shutdown_timeout;   /* 0: never force */
    apr_interval_time_t startup_timeout;    /* 0: none */
    apr_interval_time_t graceful_timeout;   /* for a worker that is being replaced; 0: no limit */
    apr_interval_time_t deadlock_timeout;   /* how long the GIL may be unavailable; 0: no limit */
    apr_interval_time_t request_timeout;    /* for a request, from its arrival on; 0: no limit */
    int interrupt;                          /* interrupt the thread of a request whose deadline has passed */
    apr_interval_time_t interrupt_timeout;  /* how long that may take before the worker is replaced; 0: no limit */
    apr_size_t stack_size;                  /* bytes; 0: the system's */
    int cpu_priority;                       /* -20 ... 20, as setpriority(2) */
    int maximum_requests;                   /* a worker is recycled after this many requests; 0: never */
    int maximum_requests_jitter;            /* maximum random reduction, in percent */
    apr_interval_time_t restart_interval;   /* a worker is recycled at that age; 0: never */
    int restart_interval_jitter;            /* percent */
    apr_size_t memory_recycle;              /* bytes of resident memory; 0: no limit */
    apr_interval_time_t cpu_time_limit;     /* user and system time; 0: no limit */
    apr_interval_time_t inactivity_timeout; /* time without a request, for a worker that has served; 0: no limit */
    apr_size_t send_buffer_size;            /* bytes; 0: the system's */
    apr_size_t receive_buffer_size;         /* bytes; 0: the system's */
    int preload;                            /* workers are forked from a process that has loaded the applications */
    apr_size_t request_buffer;              /* bytes of a request body that httpd collects in memory ... */
    apr_size_t request_spool;               /* ... and in total, the rest in a file, before a worker gets the request */
    apr_size_t response_buffer;             /* bytes of a response that httpd keeps for a slow client in memory ... */
    apr_size_t response_spool;              /* ... and in a file in addition */
    const char *reload_on;                  /* files separated by commas: a change of one replaces the workers */
    const char *warmup;                     /* a URL path that a new worker requests before it is ready; NULL: none */
    int reload_overlap;                     /* additional workers, beyond `processes`, during a replacement */
    apr_size_t memory_limit;                /* bytes of data without stacks (RLIMIT_DATA); 0: inherited */
    apr_size_t virtual_memory_limit;        /* bytes of address space; 0: inherited */
    int process_limit;                      /* processes and threads of the user; 0: inherited */
    int file_limit;                         /* open descriptors; 0: inherited */
    apr_size_t core_limit;                  /* bytes; PYW_CORE_LIMIT_INHERITED, as 0 is a limit */
    apr_interval_time_t scale_after;        /* a request waits this long: start another worker (range only) */
    apr_interval_time_t scale_idle;         /* one worker fewer was sufficient for this long: stop one */
    apr_size_t memory_budget;               /* bytes of all workers together, a limit for growth; 0: none */
    const char *cgroup;                     /* directory of a cgroup (version 2) for the workers; NULL: the manager's */
    int queue_limit;                        /* requests that may wait for a thread */
    apr_interval_time_t queue_timeout;      /* how long a request may wait; 0: no limit */
    int reserve;                            /* threads for requests of high priority only */
    pyw_secrets *secrets;                   /* memory for the values of `env`; NULL: the pool */
    apr_array_header_t *env;                /* elements: const char *, "NAME=value", env-file expanded, in order */
    apr_array_header_t *ignored;            /* elements: const char *, names of mod_wsgi's options without effect */

    /* The following are not options of the directive: httpd's parent determines and sends them. */
    const char *engine;               /* absolute path of the engine's shared object */
    const char *engine_stamp;         /* identifies that file; a change replaces the workers */
    int log_level;                    /* pyw_log_level: the threshold of the group's own log */
    apr_array_header_t *imports;      /* elements: const pyw_application_option *, callable ""; executed first */
    int worker_list_index;            /* its place in the shared memory (pyw_worker_list); -1: none */
    int worker_list_use;              /* the number of groups that had that place before */
    apr_array_header_t *applications; /* elements: const pyw_application_option *; loaded before a worker is ready */
} pyw_group_options;

#define PYW_CORE_LIMIT_INHERITED ((apr_size_t)-1)

/* An application that is known to run in the group; the members are those of pyw_application_spec. */
typedef struct pyw_application_option {
    int is_module;
    const char *target;
    const char *callable;
    const char *group;
    int group_is_default;
    int reloading;
} pyw_application_option;

/* All members set to their defaults. */
pyw_group_options *pyw_options_create(apr_pool_t *pool, const char *name);

/*
 * Sets one option from its text, `threads` from "8". Returns NULL, or an error message: a sentence that follows the
 * directive's name ("unknown option 'thread', did you mean 'threads'?"), allocated from `pool`.
 */
const char *pyw_options_set(pyw_group_options *options, apr_pool_t *pool, const char *name, const char *value);

/* As pyw_options_set, but also accepts the values that the parent determines: the inverse of pyw_options_pairs. */
const char *pyw_options_restore(pyw_group_options *options, apr_pool_t *pool, const char *name, const char *value);

/*
 * All options that differ from their defaults, as (const char *name, const char *value) in canonical text.
 * pyw_options_restore of each on a fresh struct results in an equal struct. Equal options have equal pairs, so groups
 * are compared by their pairs.
 */
apr_table_t *pyw_options_pairs(const pyw_group_options *options, apr_pool_t *pool);

/* The user of an option, which determines what a change requires while the group runs. Each option has one of these. */
enum {
    PYW_USE_HTTPD = 1,   /* only httpd: its next children have the new value */
    PYW_USE_MANAGER = 2, /* the manager, or only workers that start later */
    PYW_USE_LIVE = 4,    /* running workers, which adopt a new value */
    PYW_USE_START = 8    /* workers, at their start: a change replaces them */
};

/* The elements of `pairs` whose option is used in one of the ways of `uses`, in their order. */
apr_table_t *pyw_options_select(const apr_table_t *pairs, unsigned uses, apr_pool_t *pool);

/* Copies the values of all options with PYW_USE_LIVE from `changed`. They are numbers, so no pool is involved. */
void pyw_options_use_live(pyw_group_options *options, const pyw_group_options *changed);

/*
 * The names of the options that differ between two tables of pairs, each once, separated by ", "; "" if there are none.
 */
const char *pyw_options_difference(const apr_table_t *one, const apr_table_t *other, apr_pool_t *pool);

/* The settings that are the same for all groups: the pairs of a COMMIT frame. */
typedef struct pyw_settings {
    const char *socket_directory; /* absolute; created (0711) and removed by the manager; holds <group>.sock */
    uid_t httpd_uid;              /* owner of the sockets (unless socket-user is set), the only peer except root */
    const char *server_name;      /* for the manager's own log records and process title */
    int log_level;                /* pyw_log_level: the threshold of the manager's log */
} pyw_settings;

apr_table_t *pyw_settings_pairs(const pyw_settings *settings, apr_pool_t *pool);
const char *pyw_settings_restore(pyw_settings *settings, apr_pool_t *pool, const char *name, const char *value);

/* The uid of a user's name or #uid. 0: no such user. Not thread-safe (getpwnam). */
int pyw_options_uid(const char *user, uid_t *uid);

/* The same for a group. */
int pyw_options_gid(const char *group, gid_t *gid);

/* sizeof(sun_path) - 1 (unix(7)). */
#define PYW_SOCKET_PATH_MAX 107

#endif
