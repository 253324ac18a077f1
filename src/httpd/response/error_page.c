/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/response/error_page.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_core.h>
#include <string.h>

#include "httpd/request/id.h"

static const char *explanation(int status)
{
    switch (status) {
    case HTTP_BAD_GATEWAY:
        return "The process that ran the application ended before it answered this request.";
    case HTTP_SERVICE_UNAVAILABLE:
        return "The server cannot handle this request at the moment, because it is overloaded or being maintained. "
               "Please try again later.";
    case HTTP_GATEWAY_TIME_OUT:
        return "The application did not answer this request in time.";
    case HTTP_INSUFFICIENT_STORAGE:
        return "The server cannot store this request.";
    default:
        return "An error occurred while the server handled this request.";
    }
}

static const char *error_page_text(request_rec *r, int status, const char *id)
{
    const char *line = ap_get_status_line(status); /* "503 Service Unavailable" */

    return apr_pstrcat(r->pool,
                       "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n"
                       "<html><head>\n<title>",
                       line, "</title>\n</head><body>\n<h1>", strchr(line, ' ') + 1, "</h1>\n<p>", explanation(status),
                       "</p>\n<p>Please quote this id to the administrator of the site.<br />\nError id: <code>",
                       ap_escape_html(r->pool, id), "</code></p>\n", ap_psignature("<hr>\n", r), "</body></html>\n",
                       NULL);
}

void pyw_error_page_prepare(request_rec *r, int status)
{
    const char *id = pyw_request_id(r);

    apr_table_setn(r->subprocess_env, "PYWSGI_ERROR_ID", id);
    if (!ap_response_code_string(r, ap_index_of_response(status))) {
        ap_custom_response(r, status, error_page_text(r, status, id));
    }
}
