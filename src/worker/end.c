/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/end.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/heritage.h"
#include "worker/signals.h"

/* Time limits after the manager has exited. */
enum {
    ALONE_MS = 2000, /* how long to serve requests while httpd starts another manager */
    EXIT_MS = 1000,  /* reserved for the exit functions of the applications */
    LEAST_MS = 100,  /* minimum for threads of the applications */
    ORPHAN_MS = 4000 /* maximum for requests, whatever shutdown-timeout is */
};

int pyw_worker_is_draining(const pyw_worker *self)
{
    return pyw_serve_is_draining(&self->service);
}

void pyw_worker_drain(pyw_worker *self)
{
    if (!pyw_worker_is_draining(self)) {
        atomic_store(&self->service.draining, 1);
        self->stop_at = INT64_MAX;
        self->drained_since = pyw_clock_ms();
    }
}

void pyw_worker_drain_in_time(pyw_worker *self)
{
    apr_interval_time_t limit = self->heritage.options->shutdown_timeout;

    pyw_worker_drain(self);
    if (self->stop_at == INT64_MAX && limit > 0) {
        self->stop_at = pyw_clock_ms() + apr_time_as_msec(limit);
    }
    if (self->lost_at > 0 && self->stop_at > self->lost_at + ORPHAN_MS) {
        self->stop_at = self->lost_at + ORPHAN_MS;
    }
}

/* Until httpd has started another manager, requests can reach only the workers of this one, so continue to serve. */
void pyw_worker_lose_manager(pyw_worker *self)
{
    pyw_channel_close(self->manager);
    self->lost_at = pyw_worker_orphaned();
    if (self->pool == NULL || pyw_worker_is_draining(self)) {
        pyw_worker_drain_in_time(self);
    }
    else {
        self->serve_alone_until = self->lost_at + ALONE_MS;
    }
}

/* pyw_worker_send closes the channel, too. */
void pyw_worker_check_manager(pyw_worker *self)
{
    int is_cut_off = pyw_channel_fd(self->manager) < 0 && self->serve_alone_until == 0;

    if (is_cut_off || (self->serve_alone_until > 0 && pyw_clock_ms() >= self->serve_alone_until)) {
        pyw_worker_drain_in_time(self);
    }
}

void pyw_worker_report_finishing(pyw_worker *self)
{
    if (pyw_worker_is_draining(self) && !self->is_finishing && self->template == NULL &&
        (self->pool == NULL || !pyw_pool_takes(self->pool))) {
        self->is_finishing = 1;
        pyw_worker_send(self, PYW_FRAME_FINISHING);
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

/* The remaining time until the worker is killed, minus a second, or half of the time, for its exit functions. */
static int threads_limit(const pyw_worker *self)
{
    int64_t limit = apr_time_as_msec(self->heritage.options->shutdown_timeout);
    int64_t left;

    if (self->lost_at > 0) {
        limit = limit == 0 || limit > ORPHAN_MS ? ORPHAN_MS : limit;
    }
    if (limit == 0) {
        return 0;
    }
    left = limit - (self->drained_since > 0 ? pyw_clock_ms() - self->drained_since : 0);
    left = left > 2L * EXIT_MS ? left - EXIT_MS : left / 2;
    return left > LEAST_MS ? (int)left : LEAST_MS;
}

int pyw_worker_stop_engine(pyw_worker *self, int status)
{
    apr_interval_time_t limit = self->heritage.options->shutdown_timeout;

    if (status == PYW_EXIT_FORCED) {
        pyw_log(PYW_LOG_ERR, PYWNO(0419) "the worker ends although %d requests still run: %s",
                self->pool != NULL ? pyw_pool_busy(self->pool) : 0,
                self->lost_at > 0 ? "its manager has exited" : "shutdown-timeout is over");
        self->service.engine->stop(1, 0, pyw_end_reason_name(self->reason));
        pyw_worker_leave(status);
    }
    if (status == PYW_EXIT_OVERDUE) {
        self->service.engine->stop(1, 0, pyw_end_reason_name(self->reason));
        pyw_worker_leave(status);
    }
    if (self->lost_at == 0) {
        pyw_worker_limit_end(limit > 0 ? (unsigned)apr_time_sec(limit) + 1 : 0);
    }
    pyw_profile_stop(self->profile);
    pyw_watchdog_stop(self->watchdog);
    pyw_file_check_end(self->files);
    self->service.engine->stop(0, threads_limit(self), pyw_end_reason_name(self->reason));
    return status;
}
