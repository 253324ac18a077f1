/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/doctor/trial_records.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "httpd/doctor/finding.h"

enum { RECORDS_MOST = 100 };

/* "PYW0610: " at the beginning of a line. */
static int has_tag(const char *line)
{
    return strncmp(line, "PYW", 3) == 0 && apr_isdigit(line[3]) && apr_isdigit(line[4]) && apr_isdigit(line[5]) &&
           apr_isdigit(line[6]) && line[7] == ':' && line[8] == ' ';
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? end + 1 : line + strlen(line);
}

/* A record begins with its tag; the lines until the next one, such as a traceback, belong to it. */
void pyw_trial_records_add(apr_array_header_t *findings, const char *place, const char *output)
{
    const char *line = output;
    int records = 0;

    while (*line && records < RECORDS_MOST) {
        const char *end = next_line(line);
        const char *text, *detail;

        if (!has_tag(line)) {
            line = end;
            continue;
        }
        text = apr_pstrmemdup(findings->pool, line, strcspn(line, "\n"));
        detail = end;
        while (*end && !has_tag(end)) {
            end = next_line(end);
        }
        pyw_finding_add(findings, 1, place, text, apr_pstrmemdup(findings->pool, detail, (apr_size_t)(end - detail)));
        records++;
        line = end;
    }
}
