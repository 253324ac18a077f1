/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/scripts/dispatch.h"

#include <apr_strings.h>
#include <string.h>

#include "httpd/scripts/call.h"

/* A request note. */
#define RESULT "pywsgi-dispatched"

/* Sets a name of the target. 0: there is no such setting. */
static int take_setting(request_rec *r, pyw_target *target, const char *name, const char *value)
{
    value = pyw_target_expand(r, value, target->script_name);
    if (strcmp(name, "process_group") == 0) {
        target->process_group = value;
    }
    else if (strcmp(name, "application_group") == 0) {
        target->spec.group = value;
        target->spec.group_is_default = 0;
    }
    else if (strcmp(name, "callable_object") == 0 && *value) {
        target->spec.callable = value;
    }
    else {
        return 0;
    }
    return 1;
}

/* The answer consists of lines "process_group=name". */
static int use_dispatch_answer(const pyw_call *call, pyw_target *target, const char *answer)
{
    request_rec *r = call->r;
    char *state = NULL;

    for (char *line = apr_strtok(apr_pstrdup(r->pool, answer), "\n", &state); line;
         line = apr_strtok(NULL, "\n", &state)) {
        char *equals = strchr(line, '=');

        if (equals) {
            *equals = '\0';
        }
        if (!equals || !take_setting(r, target, line, equals + 1)) {
            pyw_call_log_unexpected(call);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    apr_table_setn(r->notes, RESULT, target->process_group);
    return OK;
}

int pyw_dispatch(request_rec *r, pyw_target *target)
{
    const char *answer;
    pyw_call call;

    pyw_call_init(&call, r, target->config->dispatch_script, "WSGIDispatchScript", "dispatch");
    call.has_variables = 1;
    answer = pyw_call_run(&call);
    return answer ? use_dispatch_answer(&call, target, answer) : HTTP_INTERNAL_SERVER_ERROR;
}

const char *pyw_dispatch_result(const request_rec *r)
{
    return apr_table_get(r->notes, RESULT);
}
