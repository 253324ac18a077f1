/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/status/page/html_page.h"

#include <http_protocol.h>

#include "base/version.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>mod_pywsgi</title>\n<style>\n"
    ":root { color-scheme: light dark; --line: #c8c8d0; --bad: #b00020; --soft: #5a5a66; }\n"
    "body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem; }\n"
    "h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .25rem; }\n"
    "table { border-collapse: collapse; display: block; overflow-x: auto; }\n"
    "th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; white-space: nowrap; }\n"
    "tr { border-bottom: 1px solid var(--line); }\n"
    "td.number { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "td.text { white-space: normal; overflow-wrap: anywhere; }\n"
    ".bad { color: var(--bad); font-weight: bold; }\n"
    "@media (prefers-color-scheme: dark) { :root { --line: #44444e; --bad: #ff8a80; --soft: #a8a8b4; } }\n"
    "@media (max-width: 45rem) {\n"
    "table, tbody, tr, td, td.number { display: block; text-align: left; white-space: normal; padding: 0; }\n"
    "th { display: none; } tr { padding: .4rem 0; } td { overflow-wrap: anywhere; }\n"
    "td::before { content: attr(data-label) \": \"; color: var(--soft); font-weight: normal; } }\n"
    "pre { overflow-x: auto; } form { margin: 0; } button { font: inherit; }\n"
    "</style>\n";

/* A page of another site must not show this one in a frame, and let its users press buttons that they do not see. */
static const char policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

void pyw_html_page_begin(request_rec *r, int seconds)
{
    ap_set_content_type(r, "text/html; charset=utf-8");
    apr_table_setn(r->headers_out, "Content-Security-Policy", policy);
    ap_rputs(head, r);
    if (seconds > 0) {
        ap_rprintf(r, "<meta http-equiv=\"refresh\" content=\"%d\">\n", seconds);
    }
    ap_rputs("</head>\n<body>\n<h1>mod_pywsgi " PYW_VERSION "</h1>\n", r);
}

void pyw_html_page_end(request_rec *r)
{
    ap_rputs("</body>\n</html>\n", r);
}
