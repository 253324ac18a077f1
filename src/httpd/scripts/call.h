/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SCRIPTS_CALL_H
#define PYW_HTTPD_SCRIPTS_CALL_H

/*
 * Calls a function of a script while httpd handles a request: WSGIAuthUserScript, WSGIAccessScript and others. A call
 * is a request of its own to the engine, or to a worker of the script's process group, with the headers of the client's
 * request and without its body. The call waits in the queue of the group like other requests, and releases its slot at
 * its end.
 *
 * A call ends after the group's request-timeout (in httpd's children after WSGIRequestTimeout), or after `Timeout`
 * without such a limit. On the thread of the request.
 */

#include <httpd.h>

#include "config/config.h"

/* The keys of environ that hold the arguments. pywsgi/_scripts.py removes them. */
#define PYW_CALL_USER "pywsgi.call.user"
#define PYW_CALL_PASSWORD "pywsgi.call.password"
#define PYW_CALL_REALM "pywsgi.call.realm"
#define PYW_CALL_GROUPS "pywsgi.call.groups" /* names, separated by newlines */
#define PYW_CALL_HOST "pywsgi.call.host"

typedef struct pyw_call {
    request_rec *r;
    const pyw_script *script;
    const char *directive;  /* of the script, for log records */
    const char *function;   /* "check_password"; known to pywsgi/_scripts.py */
    apr_table_t *arguments; /* key of environ -> bytes */
    int has_variables;      /* environ includes the variables of SetEnv: the function belongs to the applications */
} pyw_call;

/* Begins a call without arguments. */
void pyw_call_init(pyw_call *call, request_rec *r, const pyw_script *script, const char *directive,
                   const char *function);

/*
 * Returns the answer, in r->pool: text without control characters except newlines. NULL: no answer, because the script
 * does not load, raised an exception or did not return in time, or its worker is gone. The reason was logged, and
 * access must be denied.
 */
const char *pyw_call_run(pyw_call *call);

/* Logs an answer that the function can never give: the worker is not trusted. */
void pyw_call_log_unexpected(const pyw_call *call);

#endif
