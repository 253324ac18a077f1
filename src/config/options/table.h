/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_TABLE_H
#define PYW_CONFIG_OPTIONS_TABLE_H

/*
 * The table of a process group's options. Parsing, the canonical text, the comparison of options and "did you mean" are
 * driven by it. Part of pyw_options. Constant; any thread.
 */

#include <stddef.h>

#include "config/options/group_options.h"

typedef enum {
    PYW_KIND_TEXT,        /* const char *; not empty */
    PYW_KIND_PATH,        /* const char *; absolute */
    PYW_KIND_PATHS,       /* const char *; absolute paths, separated by colons */
    PYW_KIND_FILES,       /* const char *; absolute paths, or "modules", separated by commas */
    PYW_KIND_NUMBER,      /* int */
    PYW_KIND_PROCESSES,   /* manager.processes_least and processes; "4" or "2-8" */
    PYW_KIND_OCTAL,       /* int */
    PYW_KIND_PERCENT,     /* int; "10" or "10%" */
    PYW_KIND_SWITCH,      /* int; "On" or "Off" */
    PYW_KIND_RELOAD,      /* int; "auto", "always" or "never" */
    PYW_KIND_DURATION,    /* apr_interval_time_t */
    PYW_KIND_SIZE,        /* apr_size_t */
    PYW_KIND_SECONDS,     /* const char *; a decimal number of more than 0 */
    PYW_KIND_ENV,         /* appends NAME=value to worker.env */
    PYW_KIND_ENV_FILE,    /* as if each line of the file were an env= option */
    PYW_KIND_APPLICATION, /* appends to an array of const pyw_application_option * */
    PYW_KIND_PYTHON,      /* appends to an array of const pyw_python_setting * */
    PYW_KIND_IGNORED      /* an option of mod_wsgi without effect: appends to httpd.warnings */
} pyw_option_kind;

/* When a process reads an option, and therefore when a new value takes effect. */
typedef enum {
    PYW_USE_LATER, /* by httpd's next children, the manager's next decision, or the next worker */
    PYW_USE_LIVE,  /* by running workers, which adopt a new value */
    PYW_USE_START  /* when a worker starts: a change replaces the workers */
} pyw_option_use;

#define PYW_NO_MEMBER ((size_t)-1)

typedef struct pyw_option_rule {
    const char *name;
    pyw_option_kind kind;
    pyw_option_part part;
    size_t offset; /* of the member in pyw_group_options; PYW_NO_MEMBER: the value is checked, and has no effect */
    long least;    /* NUMBER, OCTAL, PERCENT: as they are; DURATION: milliseconds; SIZE: bytes, and always 0 */
    long most;
    int is_internal; /* not an option of the directive: httpd's parent determines it */
    pyw_option_use use;
} pyw_option_rule;

/* Ends with a rule whose name is NULL. */
extern const pyw_option_rule pyw_option_rules[];

/* The rule of that name; NULL if there is none, or if it is internal and `internal` is 0. */
const pyw_option_rule *pyw_option_rule_find(const char *name, int internal);

/* The name that the user probably meant, NULL if there is none. */
const char *pyw_option_suggest(const char *name);

#endif
