/* SPDX-License-Identifier: Apache-2.0 */
#include "base/result.h"

#include <stdarg.h>
#include <stdio.h>

const char *pyw_result_name(pyw_result result)
{
    static const char *const names[] = {"ok", "again", "end of file", "gone", "timeout", "malformed", "failed"};

    return (unsigned)result < sizeof(names) / sizeof(names[0]) ? names[result] : "unknown";
}

pyw_result pyw_problem_set(pyw_problem *problem, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(problem->text, sizeof(problem->text), format, args);
    va_end(args);
    return PYW_FAILED;
}
