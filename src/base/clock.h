/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_CLOCK_H
#define PYW_BASE_CLOCK_H

/*
 * The clock of every timeout, deadline and age: CLOCK_MONOTONIC, which all processes of the machine share. Nobody can
 * set it, so a step of the system's time ends no request. Any thread; no system call. The time of day is for log
 * records and for applications only.
 */

#include <stdint.h>
#include <time.h>

static inline int64_t pyw_clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t pyw_clock_ms(void)
{
    return pyw_clock_us() / 1000;
}

#endif
