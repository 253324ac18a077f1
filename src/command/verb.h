/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_VERB_H
#define PYW_COMMAND_VERB_H

/*
 * A verb of the program `pywsgi`. Each has a file in command/verbs, which defines a pyw_verb, and a row in the table of
 * verbs/verbs.c. The command line, `--help` and the completion of shells are made from these structs.
 */

#include <apr_pools.h>
#include <apr_tables.h>

typedef struct pyw_verb_option {
    const char *name;     /* without "--" */
    const char *argument; /* as help shows it: "SECONDS"; "[SECONDS]": a number or nothing; "[ONE,OTHER]": a word with a
                             comma or nothing; NULL: the option is a switch */
    const char *help;
} pyw_verb_option;

typedef struct pyw_verb pyw_verb;

/* One command line. */
typedef struct pyw_call {
    apr_pool_t *pool;
    const pyw_verb *verb;
    const char *operand;        /* NULL: none */
    const char **values;        /* of the verb's options, in their order; NULL: not given, "": a switch that is given */
    apr_array_header_t **every; /* of the verb's options, in their order: const char *, the values of all its uses */
} pyw_call;

struct pyw_verb {
    const char *name;
    const char *operand; /* as help shows it: "GROUP"; "[GROUP]" may be left out; NULL: the verb takes none */
    const char *summary; /* a line of the list of all verbs, without a full stop */
    const char *about;   /* further lines of the verb's own help; NULL: none */
    const pyw_verb_option *options; /* the last has no name */

    /* Prints errors, and returns the exit status (command/exit_status.h). */
    int (*run)(const pyw_call *call);
};

/* For verbs that ask the manager. */
#define PYW_VERB_DIRECTORY                                                                                             \
    {                                                                                                                  \
        "directory", "DIR", "where the sockets of httpd's daemon processes are; needed when several httpd run"         \
    }

#endif
