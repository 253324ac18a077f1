/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include "httpd/parent/liveness_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include "httpd/parent/parent_context.h"

static pyw_parent_liveness_pipe *const liveness_pipe = &pyw_httpd_parent.liveness_pipe;

static void close_end(int *end)
{
    if (*end >= 0) {
        close(*end);
        *end = -1;
    }
}

/* Closes the parent's ends. The children of this configuration keep their writing ends. */
static apr_status_t pconf_cleanup(void *unused)
{
    (void)unused;
    close_end(&liveness_pipe->reading);
    close_end(&liveness_pipe->writing);
    return APR_SUCCESS;
}

void pyw_liveness_pipe_create(apr_pool_t *pconf)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return;
    }
    liveness_pipe->reading = ends[0];
    liveness_pipe->writing = ends[1];
    apr_pool_cleanup_register(pconf, NULL, pconf_cleanup, apr_pool_cleanup_null);
}

int pyw_liveness_pipe_fd(void)
{
    return liveness_pipe->reading;
}

void pyw_liveness_pipe_child_init(void)
{
    close_end(&liveness_pipe->reading);
}

/* Ignores errors: a full pipe wakes the manager as well. */
void pyw_liveness_pipe_wake_manager(void)
{
    (void)!write(liveness_pipe->writing, "", 1);
}
