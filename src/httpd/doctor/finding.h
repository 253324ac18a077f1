/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_DOCTOR_FINDING_H
#define PYW_HTTPD_DOCTOR_FINDING_H

/* A mistake that the check of the configuration has found, and its output. In httpd's parent, during configtest. */

#include <apr_tables.h>
#include <httpd.h>

typedef struct pyw_finding {
    int is_error;       /* requests fail; otherwise the site works, probably not as intended */
    const char *tag;    /* "PYW0157" */
    const char *place;  /* "file:line"; NULL: several places, or none */
    const char *what;   /* the mistake and its consequence */
    const char *write;  /* the line to write, or the command to run; NULL: unknown */
    const char *detail; /* further lines, such as a traceback, each ending with a newline; "": none */
} pyw_finding;

/*
 * Adds a finding, unless an earlier one has the same tag and remedy. `text` is "PYW0157: what", with "; write: " and
 * the remedy at its end. Bytes of `text` and `detail` that could control a terminal are escaped.
 */
void pyw_finding_add(apr_array_header_t *findings, int is_error, const char *place, const char *text,
                     const char *detail);

/* Prints lines of text, or one JSON object for each finding. */
void pyw_findings_print(const apr_array_header_t *findings, int as_json);

/* Writes records for configtest. Returns the number of errors. */
int pyw_findings_log(const apr_array_header_t *findings);

#endif
