/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/pyw_log_file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {
    "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", "trace1",
};

/* Not strftime(3)'s: an application may have set a locale of its own. */
static const char day_names[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char month_names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Of pyw_log_file_keep_zone. */
static int is_zone_kept;
static long kept_offset; /* seconds east of UTC */

void pyw_log_file_keep_zone(void)
{
    time_t now = time(NULL);
    struct tm day;

    localtime_r(&now, &day);
    kept_offset = day.tm_gmtoff;
    is_zone_kept = 1;
}

static void break_down(time_t moment, struct tm *day)
{
    if (is_zone_kept) {
        moment += kept_offset;
        gmtime_r(&moment, day);
    }
    else {
        localtime_r(&moment, day);
    }
}

/* "[Tue Nov 24 03:29:24.123456 2026] [pywsgi:notice] [pid 1:tid 2] " */
static size_t write_prefix(char *out, size_t size, pyw_log_level level)
{
    struct timespec now;
    struct tm day;
    int length;

    clock_gettime(CLOCK_REALTIME, &now);
    break_down(now.tv_sec, &day);
    length =
        snprintf(out, size, "[%s %s %02d %02d:%02d:%02d.%06ld %d] [pywsgi:%s] [pid %ld:tid %ld] ",
                 day_names[day.tm_wday], month_names[day.tm_mon], day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec,
                 now.tv_nsec / 1000, day.tm_year + 1900, level_names[level > PYW_LOG_TRACE ? PYW_LOG_TRACE : level],
                 (long)getpid(), (long)syscall(SYS_gettid));
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

void pyw_log_file_write(int fd, pyw_log_level level, const char *text, size_t length)
{
    char line[PYW_LOG_RECORD_MAX + 160];
    int error = errno;
    size_t used = write_prefix(line, sizeof(line), level);
    const char *rest = line;

    used += pyw_log_escape(line + used, sizeof(line) - 1 - used, text, length);
    line[used++] = '\n';
    while (used > 0) {
        ssize_t written = write(fd, rest, used);

        if (written == 0 || (written < 0 && errno != EINTR)) {
            break;
        }
        if (written > 0) {
            rest += written;
            used -= (size_t)written;
        }
    }
    errno = error;
}

void pyw_log_file_sink(void *fd, pyw_log_level level, const char *text, size_t length)
{
    pyw_log_file_write(*(const int *)fd, level, text, length);
}
