/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <unistd.h>

#include "base/pyw_log.h"
#include "wire/pyw_wait.h"
#include "worker/pyw_heritage.h"
#include "worker/pyw_worker.h"

enum { ALONE_MS = 2000 }; /* how long another manager may take to come */

int pyw_worker_is_draining(const pyw_worker *self)
{
    return self->service.draining;
}

void pyw_worker_drain(pyw_worker *self)
{
    if (!pyw_worker_is_draining(self)) {
        self->service.draining = 1;
        self->stop_at = INT64_MAX;
    }
}

void pyw_worker_drain_in_time(pyw_worker *self)
{
    apr_interval_time_t limit = self->heritage.options->shutdown_timeout;

    pyw_worker_drain(self);
    if (self->stop_at == INT64_MAX && limit > 0) {
        self->stop_at = pyw_wait_now() + apr_time_as_msec(limit);
    }
}

/*
 * Until httpd has started another manager, whose socket takes the place of this one, its workers are the only ones that
 * requests can reach.
 */
void pyw_worker_lose_manager(pyw_worker *self)
{
    pyw_channel_close(self->manager);
    if (self->pool == NULL || pyw_worker_is_draining(self)) {
        pyw_worker_drain_in_time(self);
    }
    else {
        self->alone_until = pyw_wait_now() + ALONE_MS;
    }
}

void pyw_worker_look_at_manager(pyw_worker *self)
{
    if (self->alone_until > 0 && pyw_wait_now() >= self->alone_until) {
        pyw_worker_drain_in_time(self);
    }
}

int pyw_worker_is_drained(pyw_worker *self)
{
    if (self->program != NULL) {
        return self->program->is_over;
    }
    if (self->pool == NULL) {
        return self->loading.is_done;
    }
    pyw_pool_kick(self->pool);
    return pyw_pool_running(self->pool) <= self->service.engine->overdue();
}

int pyw_worker_drained_status(const pyw_worker *self)
{
    return self->pool != NULL && pyw_pool_running(self->pool) > 0 ? PYW_EXIT_OVERDUE : PYW_EXIT_DRAINED;
}

/* Leaves at shutdown-timeout even if an exit function of the application does not return. */
static void on_stop_limit(int number)
{
    (void)number;
    _exit(PYW_EXIT_FORCED);
}

int pyw_worker_stop_engine(pyw_worker *self, int status)
{
    apr_interval_time_t limit = self->heritage.options->shutdown_timeout;

    if (status == PYW_EXIT_FORCED) {
        pyw_log(PYW_LOG_ERR, PYWNO(0419) "the worker ends although %d requests still run: shutdown-timeout is over",
                self->pool != NULL ? pyw_pool_busy(self->pool) : 0);
        self->service.engine->stop(1);
        _exit(status);
    }
    if (status == PYW_EXIT_OVERDUE) {
        self->service.engine->stop(1);
        _exit(status);
    }
    signal(SIGALRM, on_stop_limit);
    alarm(limit > 0 ? (unsigned)apr_time_sec(limit) + 1 : 0);
    pyw_watchdog_stop(self->watchdog);
    self->service.engine->stop(0);
    return status;
}
