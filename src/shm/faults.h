/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_SHM_FAULTS_H
#define PYW_SHM_FAULTS_H

/*
 * The last errors, for the status page: a ring in shared memory. httpd's processes have one, the manager another, so
 * that httpd's children cannot write to the memory of the manager. Any thread of any process may add a fault, without a
 * lock; a reader ignores an entry that changes while it is copied.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

enum { PYW_FAULTS = 10 };

/* Longer texts are cut. The texts are printable, as in the log. */
typedef struct pyw_fault {
    int64_t at;     /* microseconds since the epoch */
    uint32_t pid;   /* the process that logged the record, or the worker that the record is about */
    char tag[12];   /* "PYW0310" */
    char group[64]; /* "": the fault belongs to no group */
    char id[48];    /* of the request; "": none */
    char text[400]; /* without the tag */
} pyw_fault;

typedef struct pyw_faults {
    _Atomic uint32_t next; /* the number of faults so far */
    struct {
        _Atomic uint32_t sequence;
        pyw_fault fault;
    } entries[PYW_FAULTS];
} pyw_faults;

/* Is this record a fault: at least an error, with a tag? The tag may follow "[worker 123] ". */
int pyw_faults_is_one(pyw_log_level level, const char *text);

/* Adds such a record. `group` and `id` may be NULL. */
void pyw_faults_add(pyw_faults *faults, uint32_t pid, const char *group, const char *id, const char *text);

/* Copies the faults, in any order. Returns their number. */
int pyw_faults_read(const pyw_faults *faults, pyw_fault out[PYW_FAULTS]);

#endif
