/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/queue/batch_scheduling.h"

#include <apr_thread_mutex.h>
#include <errno.h>
#include <http_log.h>
#include <http_main.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/os/batch.h"
#include "base/os/shared_mutex.h"
#include "config/config.h"
#include "httpd/child_context.h"
#include "httpd/queue/batch_trial.h"
#include "httpd/shared_segment.h"

APLOG_USE_MODULE(pywsgi);

/* The minimum of the threshold, which is the number of cores. Fewer threads than cores do not compete for a core. */
#define THRESHOLD_MIN 4

#define RETRY_MS 1000

/* Shared by the children of httpd. */
struct pyw_shared_trial {
    pthread_mutex_t lock; /* held during a step */
    pyw_batch_trial trial;
};

/* The state of this child. */
struct pyw_batch_scheduling {
    pyw_batch batch;
    apr_int32_t threshold;
    apr_thread_mutex_t *lock; /* held while threads change their policy */
    _Atomic int64_t looked_at;
    apr_int64_t retry_at; /* after a failed switch; 0: no failure yet */
};

pyw_result pyw_batch_scheduling_prepare(void)
{
    struct pyw_shared_trial *trial;
    int is_new;

    trial = pyw_httpd_child.trial = pyw_shared_segment("batch", sizeof(*trial), &is_new);
    if (!trial || (is_new && pyw_shared_mutex_init(&trial->lock) != 0)) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, ap_server_conf,
                     PYWNO(0215) "no shared memory for WSGIBatchScheduling");
        return PYW_FAILED;
    }
    return PYW_OK;
}

static apr_int32_t count_cores(void)
{
    return (apr_int32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

void pyw_batch_scheduling_child_init(apr_pool_t *pchild)
{
    struct pyw_batch_scheduling *scheduling = pyw_httpd_child_part(sizeof(*scheduling));

    pyw_httpd_child.scheduling = scheduling;
    pyw_batch_init(&scheduling->batch);
    scheduling->threshold = count_cores() > THRESHOLD_MIN ? count_cores() : THRESHOLD_MIN;
    if (pyw_config_main()->batch_scheduling == PYW_OFF ||
        apr_thread_mutex_create(&scheduling->lock, APR_THREAD_MUTEX_DEFAULT, pchild) != APR_SUCCESS) {
        scheduling->batch.is_barred = 1;
    }
}

int pyw_batch_scheduling_is_on(void)
{
    struct pyw_batch_scheduling *scheduling = pyw_httpd_child.scheduling;

    return atomic_load_explicit(&scheduling->batch.is_on, memory_order_relaxed);
}

/* Logs a failure once. A lack of descriptors is temporary, a filter of system calls is permanent. */
static void record_failure(int error, apr_int64_t now)
{
    struct pyw_batch_scheduling *scheduling = pyw_httpd_child.scheduling;

    if (!scheduling->retry_at) {
        pyw_log(PYW_LOG_INFO,
                PYWNO(0287) "cannot change the scheduling policy of this child's threads: %s; trying again every "
                            "second (WSGIBatchScheduling)",
                strerror(error));
    }
    scheduling->retry_at = now + RETRY_MS;
}

static void switch_threads(pyw_batch_state state, apr_int64_t now)
{
    struct pyw_batch_scheduling *scheduling = pyw_httpd_child.scheduling;
    int is_on = pyw_batch_state_is_on(state);
    int error = pyw_batch_switch_process(is_on);

    if (error) {
        record_failure(error, now);
        return;
    }
    atomic_store_explicit(&scheduling->batch.is_on, is_on, memory_order_relaxed);
    pyw_log(PYW_LOG_DEBUG, PYWNO(0288) "batch scheduling of this child's threads is %s: %s (WSGIBatchScheduling)",
            is_on ? "on" : "off", pyw_batch_state_name(state));
}

/* Skips the step if a thread of any child is already in a step. */
static pyw_batch_state step_trial(apr_int32_t requests, apr_int64_t now)
{
    struct pyw_batch_scheduling *scheduling = pyw_httpd_child.scheduling;
    struct pyw_shared_trial *shared = pyw_httpd_child.trial;

    if (pyw_shared_mutex_try(&shared->lock)) {
        pyw_batch_trial_step(&shared->trial, requests >= scheduling->threshold, now);
        pthread_mutex_unlock(&shared->lock);
    }
    return atomic_load_explicit(&shared->trial.state, memory_order_relaxed);
}

/* At most one step per millisecond. */
void pyw_batch_scheduling_note(apr_int32_t requests)
{
    struct pyw_batch_scheduling *scheduling = pyw_httpd_child.scheduling;
    apr_int64_t now = pyw_clock_ms();
    pyw_batch_state state;

    if (scheduling->batch.is_barred) {
        return;
    }
    pyw_batch_trial_arrival(&pyw_httpd_child.trial->trial, requests);
    if (now == atomic_exchange_explicit(&scheduling->looked_at, now, memory_order_relaxed)) {
        return;
    }
    state = step_trial(requests, now);
    if (pyw_batch_state_is_on(state) == pyw_batch_scheduling_is_on() ||
        apr_thread_mutex_trylock(scheduling->lock) != APR_SUCCESS) {
        return;
    }
    if (pyw_batch_state_is_on(state) != pyw_batch_scheduling_is_on() && now >= scheduling->retry_at) {
        switch_threads(state, now);
    }
    apr_thread_mutex_unlock(scheduling->lock);
}
