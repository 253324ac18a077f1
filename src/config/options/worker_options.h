/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_WORKER_OPTIONS_H
#define PYW_CONFIG_OPTIONS_WORKER_OPTIONS_H

/* The options of a process group that its workers read. httpd and the manager read some of them, too. */

#include <apr_tables.h>
#include <apr_time.h>

#include "base/python_setting.h"

typedef struct pyw_worker_options {
    int threads;                          /* 1 ... ; default 15; 0: a service group, which only runs `imports` */
    const char *user;                     /* a name, or #uid; NULL: the manager's user (httpd's User if that is root) */
    const char *group;                    /* a name, or #gid; NULL: the user's primary group */
    const char *supplementary_groups;     /* names separated by commas; NULL: initgroups(user) */
    int umask;                            /* -1: inherited */
    const char *chroot;                   /* root directory; NULL: the manager's */
    const char *home;                     /* working directory; NULL: the user's home, or inherited */
    const char *python_home;              /* NULL: WSGIPythonHome, or the Python of the engine */
    const char *python_path;              /* directories separated by colons */
    const char *lang;                     /* LANG */
    const char *locale;                   /* LC_ALL */
    const char *socket_user;              /* owner of the socket; NULL: httpd's User */
    apr_interval_time_t socket_timeout;   /* 0: httpd's Timeout */
    apr_interval_time_t shutdown_timeout; /* 0: never force */
    apr_interval_time_t startup_timeout;  /* 0: none */
    apr_interval_time_t deadlock_timeout; /* how long the GIL may be unavailable; 0: no limit */
    int interrupt;                        /* interrupt the thread of a request whose deadline has passed */
    apr_interval_time_t interrupt_timeout; /* how long that may take before the worker is replaced; 0: no limit */
    apr_size_t stack_size;                 /* bytes; 0: the system's */
    int cpu_priority;                      /* -20 ... 20, as setpriority(2) */
    apr_size_t send_buffer_size;           /* bytes; 0: the system's */
    apr_size_t receive_buffer_size;        /* bytes; 0: the system's */
    apr_size_t memory_recycle;             /* bytes of resident memory; 0: no limit */
    apr_size_t memory_limit;               /* bytes of data without stacks (RLIMIT_DATA); 0: inherited */
    apr_size_t virtual_memory_limit;       /* bytes of address space; 0: inherited */
    int process_limit;                     /* processes and threads of the user; 0: inherited */
    int file_limit;                        /* open descriptors; 0: inherited */
    apr_size_t core_limit;                 /* bytes; PYW_CORE_LIMIT_INHERITED, as 0 is a limit */
    int reload_at_restart;                 /* PYW_RELOAD_...: what a restart of httpd means for the workers */
    const char *reload_exclude;            /* names and paths, separated by commas, whose changes do not count */
    const char *warmup;                    /* a URL path that a new worker requests before it is ready; NULL: none */
    apr_array_header_t *env;               /* elements: const char *, "NAME=value", env-file expanded, in order */

    /* Not options of the directive: httpd's parent determines them. */
    apr_array_header_t *python_settings; /* elements: const pyw_python_setting * */
    int processes;                       /* for applications: the maximum number of workers */
    int multiprocess;                    /* wsgi.multiprocess: processes= was given, even as 1 */
    const char *engine;                  /* absolute path of the engine's shared object */
    int log_level;                       /* pyw_log_level: the threshold of the group's own log */
    apr_array_header_t *imports;         /* elements: const pyw_application_option *, callable ""; executed first */
    apr_array_header_t *applications;    /* elements: const pyw_application_option *; loaded before a worker is ready */
} pyw_worker_options;

/* In the order of the option's values. */
enum {
    PYW_RELOAD_AUTO = 0, /* a worker is replaced if a file that it has loaded has changed */
    PYW_RELOAD_ALWAYS,
    PYW_RELOAD_NEVER
};

#define PYW_CORE_LIMIT_INHERITED ((apr_size_t)-1)

/* An application that will run in the group; the members have the meaning of pyw_application_spec. */
typedef struct pyw_application_option {
    int is_module;
    const char *target;
    const char *callable;
    const char *group;
    int group_is_default;
    int reloading;
} pyw_application_option;

#endif
