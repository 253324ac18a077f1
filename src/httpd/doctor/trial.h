/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_DOCTOR_TRIAL_H
#define PYW_HTTPD_DOCTOR_TRIAL_H

/* Starts `pywsgid --check` (worker/heritage.h) and turns its records into findings. In httpd's parent, in configtest.
 */

#include <apr_tables.h>
#include <httpd.h>

#include "config/options/group_options.h"

/*
 * Loads the applications of options->worker as a worker would. Waits for at most startup-timeout, or a minute. `place`:
 * the definition of the group, for the findings; may be NULL.
 */
void pyw_trial_run(apr_array_header_t *findings, const pyw_group_options *options, server_rec *main_server,
                   const char *place);

#endif
