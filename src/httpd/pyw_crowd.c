/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_crowd.h"

#include <apr_thread_mutex.h>
#include <unistd.h>

#include "base/pyw_batch.h"
#include "base/pyw_log.h"
#include "config/pyw_config.h"
#include "wire/pyw_wait.h"

/* Fewer than there are cores do not meet on one; and two or three are no crowd. */
#define LEAST 4

/* Of this child. */
static struct {
    pyw_batch batch;
    apr_int32_t threshold;
    apr_thread_mutex_t *lock; /* of a switch */
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

static void switch_threads(int is_on)
{
    int error = pyw_batch_switch_process(is_on);

    __atomic_store_n(&crowd.batch.is_on, is_on && !error, __ATOMIC_RELAXED);
    if (error) {
        __atomic_store_n(&crowd.batch.is_barred, 1, __ATOMIC_RELAXED);
        pyw_log(PYW_LOG_INFO,
                PYWNO(0287) "the scheduling policy of httpd's threads cannot be changed for many requests at once: %s; "
                            "they interrupt each other as before",
                strerror(error));
        return;
    }
    pyw_log(PYW_LOG_DEBUG, PYWNO(0288) "%s requests at once: the threads of this child %s (WSGIBatchScheduling)",
            is_on ? "many" : "no longer many", is_on ? "do not interrupt each other" : "are woken as usual");
}

/* If another thread is at it, it is done. */
void pyw_crowd_note(apr_int32_t requests)
{
    int is_on = pyw_batch_note(&crowd.batch, requests >= crowd.threshold, pyw_wait_now());

    if (is_on == pyw_crowd_is_here() || apr_thread_mutex_trylock(crowd.lock) != APR_SUCCESS) {
        return;
    }
    if (is_on != pyw_crowd_is_here()) {
        switch_threads(is_on);
    }
    apr_thread_mutex_unlock(crowd.lock);
}
