/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log/file.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static const char *const level_names[] = {
    "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", "trace1",
};

const char *pyw_log_file_level_name(pyw_log_level level)
{
    return level_names[level > PYW_LOG_TRACE ? PYW_LOG_TRACE : level];
}

/* Not strftime(3), which depends on the locale. */
static const char day_names[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char month_names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static atomic_long zone; /* seconds east of UTC */

void pyw_log_file_note_zone(void)
{
    time_t now = time(NULL);
    struct tm day;

    localtime_r(&now, &day);
    atomic_store_explicit(&zone, day.tm_gmtoff, memory_order_relaxed);
}

static int is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int month, int year)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month] + (month == 1 && is_leap(year));
}

void pyw_log_file_take_apart(time_t seconds, struct tm *day)
{
    int rest = (int)(seconds % 86400), days = (int)(seconds / 86400), year = 1970, month = 0;

    day->tm_hour = rest / 3600;
    day->tm_min = rest / 60 % 60;
    day->tm_sec = rest % 60;
    day->tm_wday = (days + 4) % 7;
    for (; days >= 365 + is_leap(year); year++) {
        days -= 365 + is_leap(year);
    }
    for (; days >= days_of_month(month, year); month++) {
        days -= days_of_month(month, year);
    }
    day->tm_mday = days + 1;
    day->tm_mon = month;
    day->tm_year = year - 1900;
}

/* "[Tue Nov 24 03:29:24.123456 2026] [pywsgi:notice] [pid 1:tid 2] " */
static size_t write_prefix(char *out, size_t size, const pyw_log_origin *origin)
{
    struct timespec now;
    struct tm day;
    int length;

    clock_gettime(CLOCK_REALTIME, &now);
    pyw_log_file_take_apart(now.tv_sec + atomic_load_explicit(&zone, memory_order_relaxed), &day);
    length = snprintf(out, size, "[%s %s %02d %02d:%02d:%02d.%06ld %d] [pywsgi:%s] [pid %ld:tid %ld] ",
                      day_names[day.tm_wday], month_names[day.tm_mon], day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec,
                      now.tv_nsec / 1000, day.tm_year + 1900, pyw_log_file_level_name(origin->level), origin->pid,
                      origin->tid);
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

size_t pyw_log_file_line(char line[PYW_LOG_LINE_MAX], const pyw_log_origin *origin, const char *text, size_t length,
                         size_t *taken)
{
    size_t used = write_prefix(line, PYW_LOG_LINE_MAX, origin);

    used += pyw_log_escape_part(line + used, PYW_LOG_LINE_MAX - 1 - used, text, length, taken);
    line[used++] = '\n';
    return used;
}
