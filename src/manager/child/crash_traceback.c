/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/child/crash_traceback.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { LINES_MOST = 300 };

int pyw_crash_traceback_is_due(int status)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

    for (size_t i = 0; WIFSIGNALED(status) && i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        if (WTERMSIG(status) == crashes[i]) {
            return 1;
        }
    }
    return 0;
}

static void log_line(const pyw_child *child, const char *line, int length, int is_first)
{
    if (is_first) {
        pyw_group_log(child->group, PYW_LOG_ERR,
                      PYWNO(0365) "%s %ld of group '%s' crashes: %.*s; the Python stacks of its threads follow",
                      pyw_child_kind(child), (long)child->pid, child->group->options->name, length, line);
    }
    else {
        pyw_group_log(child->group, PYW_LOG_ERR, PYWNO(0366) "%.*s", length, line);
    }
}

void pyw_crash_traceback_log(const pyw_child *child)
{
    const char *text = (const char *)child->board;
    const char *line, *end;
    int lines = 0;

    if (child->board == NULL) {
        return;
    }
    line = text + PYW_BOARD_SIZE(child->board_threads);
    end = line + strnlen(line, PYW_BOARD_STACKS);
    while (line < end && lines < LINES_MOST) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline != NULL ? newline : end;

        if (stop > line) {
            log_line(child, line, (int)(stop - line), lines++ == 0);
        }
        line = stop + 1;
    }
}
