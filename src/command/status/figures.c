/* SPDX-License-Identifier: Apache-2.0 */
#include "command/status/figures.h"

#include <apr_strings.h>
#include <inttypes.h>

const char *pyw_status_duration(apr_pool_t *pool, uint64_t ms)
{
    uint64_t seconds = ms / 1000, minutes = seconds / 60, hours = minutes / 60;

    if (hours >= 48) {
        return apr_psprintf(pool, "%" PRIu64 "d%02" PRIu64 "h", hours / 24, hours % 24);
    }
    if (hours > 0) {
        return apr_psprintf(pool, "%" PRIu64 "h%02" PRIu64 "m", hours, minutes % 60);
    }
    return minutes > 0 ? apr_psprintf(pool, "%" PRIu64 "m%02" PRIu64 "s", minutes, seconds % 60)
                       : apr_psprintf(pool, "%" PRIu64 "s", seconds);
}

const char *pyw_status_size(apr_pool_t *pool, uint64_t bytes)
{
    return bytes >= UINT64_C(10) << 30 ? apr_psprintf(pool, "%" PRIu64 " GiB", bytes >> 30)
                                       : apr_psprintf(pool, "%" PRIu64 " MiB", (bytes + (1 << 19)) >> 20);
}
