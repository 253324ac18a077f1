/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/clock.h"

#define NO_DEADLINE INT64_MAX

int64_t pyw_wait_deadline(int timeout_ms)
{
    return timeout_ms < 0 ? NO_DEADLINE : pyw_clock_ms() + timeout_ms;
}

pyw_result pyw_wait(int fd, short events, int64_t deadline)
{
    struct pollfd poll_fd = {fd, events, 0};

    for (;;) {
        int64_t left = deadline == NO_DEADLINE ? -1 : deadline - pyw_clock_ms();
        int rv;

        if (deadline != NO_DEADLINE && left < 0) {
            left = 0;
        }
        rv = poll(&poll_fd, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (rv > 0) {
            return PYW_OK;
        }
        if (rv == 0 && left <= INT_MAX) {
            return PYW_TIMEOUT;
        }
        if (rv < 0 && errno != EINTR) {
            return PYW_FAILED;
        }
    }
}

pyw_result pyw_wait_result(void)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return PYW_AGAIN;
    }
    return errno == ECONNRESET || errno == EPIPE || errno == ENOTCONN ? PYW_GONE : PYW_FAILED;
}
