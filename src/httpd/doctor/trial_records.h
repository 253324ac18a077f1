/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_DOCTOR_TRIAL_RECORDS_H
#define PYW_HTTPD_DOCTOR_TRIAL_RECORDS_H

/* Reads the output of `pywsgid --check`, into which the applications write, too. In httpd's parent, in configtest. */

#include <apr_tables.h>

/* Adds a finding for each of the first 100 records of the output. `place`: of the findings; may be NULL. */
void pyw_trial_records_add(apr_array_header_t *findings, const char *place, const char *output);

#endif
