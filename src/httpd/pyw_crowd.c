/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_crowd.h"

#include <apr_thread_mutex.h>
#include <unistd.h>

#include "base/pyw_batch.h"
#include "base/pyw_clock.h"
#include "base/pyw_log.h"
#include "config/pyw_config.h"

/* Fewer than there are cores do not meet on one; and two or three are no crowd. */
#define LEAST 4

#define RETRY_MS 1000

/* Of this child. */
static struct {
    pyw_batch batch;
    apr_int32_t threshold;
    apr_thread_mutex_t *lock; /* of a switch, and of what follows */
    apr_int64_t retry_at;     /* after one that failed; 0: none did yet */
} crowd;

static apr_int32_t count_cores(void)
{
    return (apr_int32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

void pyw_crowd_child_init(apr_pool_t *pchild)
{
    pyw_batch_init(&crowd.batch);
    crowd.threshold = count_cores() > LEAST ? count_cores() : LEAST;
    if (pyw_config_main()->batch_scheduling == PYW_OFF ||
        apr_thread_mutex_create(&crowd.lock, APR_THREAD_MUTEX_DEFAULT, pchild) != APR_SUCCESS) {
        crowd.batch.is_barred = 1;
    }
}

int pyw_crowd_is_here(void)
{
    return __atomic_load_n(&crowd.batch.is_on, __ATOMIC_RELAXED);
}

/* Descriptors may be short for a while; a filter of system calls stays. */
static void failed(int error, apr_int64_t now)
{
    if (!crowd.retry_at) {
        pyw_log(PYW_LOG_INFO,
                PYWNO(0287) "the scheduling policy of this child's threads cannot be changed for the number of "
                            "requests: %s; trying again every second (WSGIBatchScheduling)",
                strerror(error));
    }
    crowd.retry_at = now + RETRY_MS;
}

static void switch_threads(int is_on, apr_int64_t now)
{
    int error = pyw_batch_switch_process(is_on);

    if (error) {
        failed(error, now);
        return;
    }
    __atomic_store_n(&crowd.batch.is_on, is_on, __ATOMIC_RELAXED);
    pyw_log(PYW_LOG_DEBUG, PYWNO(0288) "%s requests at once: the threads of this child %s (WSGIBatchScheduling)",
            is_on ? "many" : "no longer many", is_on ? "do not interrupt each other" : "are woken as usual");
}

/* If another thread is at it, it is done. */
void pyw_crowd_note(apr_int32_t requests)
{
    apr_int64_t now = pyw_clock_ms();
    int is_on = pyw_batch_note(&crowd.batch, requests >= crowd.threshold, now);

    if (is_on == pyw_crowd_is_here() || apr_thread_mutex_trylock(crowd.lock) != APR_SUCCESS) {
        return;
    }
    if (is_on != pyw_crowd_is_here() && now >= crowd.retry_at) {
        switch_threads(is_on, now);
    }
    apr_thread_mutex_unlock(crowd.lock);
}
