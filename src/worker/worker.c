/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/worker.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

enum { TELL_MS = 1000 };

/* The manager would wait for a lost report. It replaces a worker that closes its channel. */
void pyw_worker_send(pyw_worker *self, pyw_frame_type type)
{
    if (pyw_channel_fd(self->manager) < 0) {
        return;
    }
    pyw_channel_queue(self->manager, type, 0, NULL, 0, -1);
    if (pyw_channel_send(self->manager, TELL_MS) == PYW_FAILED) {
        pyw_log(PYW_LOG_ERR,
                PYWNO(0703) "the worker cannot report %s to its manager (%s): it finishes its requests and is replaced",
                pyw_frame_type_name(type), strerror(errno));
        pyw_channel_close(self->manager);
    }
}

void pyw_worker_use_options(pyw_worker *self)
{
    const pyw_worker_options *options = self->heritage.options;
    int timeout_ms = (int)apr_time_as_msec(options->socket_timeout);

    atomic_store_explicit(&self->service.timeout_ms, timeout_ms > 0 ? timeout_ms : 60 * 1000, memory_order_relaxed);
    pyw_log_set_threshold((pyw_log_level)options->log_level);
    if (self->service.engine != NULL) {
        self->service.engine->set_log_threshold((pyw_log_level)options->log_level);
    }
}
