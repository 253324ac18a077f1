/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/worker.h"

#include "base/log.h"

enum { TELL_MS = 1000 };

void pyw_worker_send(pyw_worker *self, pyw_frame_type type)
{
    if (pyw_channel_fd(self->manager) < 0) {
        return;
    }
    pyw_channel_queue(self->manager, type, 0, NULL, 0, -1);
    pyw_channel_send(self->manager, TELL_MS);
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
