/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MOD_PYWSGI_H
#define MOD_PYWSGI_H

/*
 * Functions for other httpd modules, with information about a request. Retrieve the functions with
 * APR_RETRIEVE_OPTIONAL_FN in optional_fn_retrieve; NULL means that mod_pywsgi is not loaded.
 */

#include <apr_optional.h>
#include <httpd.h>

/*
 * The process group that serves the request: a name, "" for embedded, NULL if the request is not for mod_pywsgi or its
 * group does not exist. From the fixups phase on, on the thread of the request. The string lives in r->pool or longer.
 */
APR_DECLARE_OPTIONAL_FN(const char *, pywsgi_process_group, (request_rec * r));

#endif
