/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/abandoned.h"

#include <errno.h>
#include <http_log.h>
#include <http_main.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

APLOG_USE_MODULE(pywsgi);

enum { LOOK_MS = 1000 }; /* how often to look for workers that are gone, and for time limits */

typedef struct lingerer {
    struct lingerer *next;
    const pyw_group *group;
    pyw_slot slot;
    int fd;
    int64_t since;
    int64_t until;
} lingerer;

/* The one of this child. */
static struct {
    pthread_mutex_t lock;
    lingerer *first;
    int count;
    int wake_fd; /* -1: there is no thread */
    int is_ending;
    pthread_t thread;
} linger = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake_fd = -1};

static void end_abandoned(lingerer *ended)
{
    close(ended->fd);
    pyw_slots_leave(ended->group->slots, &ended->slot, 0);
    free(ended);
}

static void wake_thread(void)
{
    uint64_t one = 1;

    (void)!write(linger.wake_fd, &one, sizeof(one));
}

/* The descriptors to wait for, behind the one that wakes. NULL: no memory. */
static struct pollfd *collect(nfds_t *count)
{
    struct pollfd *fds;
    nfds_t used = 0;

    pthread_mutex_lock(&linger.lock);
    fds = calloc((size_t)linger.count + 1, sizeof(*fds));
    if (fds) {
        fds[used++] = (struct pollfd){linger.wake_fd, POLLIN, 0};
        for (const lingerer *each = linger.first; each; each = each->next) {
            fds[used++] = (struct pollfd){each->fd, 0, 0}; /* POLLHUP alone: the worker has closed */
        }
    }
    pthread_mutex_unlock(&linger.lock);
    *count = used;
    return fds;
}

static int is_closed(const struct pollfd *fds, nfds_t count, int fd)
{
    for (nfds_t i = 1; i < count; i++) {
        if (fds[i].fd == fd) {
            return fds[i].revents != 0;
        }
    }
    return 0;
}

static int is_worker_gone(const lingerer *waiting)
{
    return waiting->slot.pid > 0 && kill((pid_t)waiting->slot.pid, 0) != 0 && errno == ESRCH;
}

static void say_gone(const lingerer *waiting)
{
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                 PYWNO(0227) "process group '%s': worker %lu is gone, but a process that it started still holds its "
                             "connection to httpd; the slot of its request is free again",
                 waiting->group->options->name, (unsigned long)waiting->slot.pid);
}

static void say_late(const lingerer *waiting, int64_t now)
{
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ap_server_conf,
                 PYWNO(0226) "process group '%s': worker %lu is still busy with a request that httpd gave up %.0f s "
                             "ago (its client left, or its time was up): httpd gives its slot back, and requests may "
                             "have to wait for a thread in that worker. request-timeout= ends such requests",
                 waiting->group->options->name, (unsigned long)waiting->slot.pid,
                 (double)(now - waiting->since) / 1000);
}

/* The worker has not closed the connection: is there a reason not to wait for it any longer? */
static int is_given_up(const lingerer *waiting, int64_t now)
{
    if (is_worker_gone(waiting)) {
        say_gone(waiting);
        return 1;
    }
    if (now >= waiting->until) {
        say_late(waiting, now);
        return 1;
    }
    return 0;
}

static void release_ended(const struct pollfd *fds, nfds_t count, int is_time_to_look)
{
    lingerer **link = &linger.first;
    int64_t now = pyw_clock_ms();

    pthread_mutex_lock(&linger.lock);
    while (*link) {
        lingerer *each = *link;

        if (is_closed(fds, count, each->fd) || (is_time_to_look && is_given_up(each, now))) {
            *link = each->next;
            linger.count--;
            end_abandoned(each);
        }
        else {
            link = &each->next;
        }
    }
    pthread_mutex_unlock(&linger.lock);
}

static void *linger_main(void *unused)
{
    int64_t next_look = pyw_clock_ms() + LOOK_MS;

    while (!__atomic_load_n(&linger.is_ending, __ATOMIC_ACQUIRE)) {
        nfds_t count = 0;
        struct pollfd *fds = collect(&count);
        int is_time_to_look;
        uint64_t woken;

        if (!fds) {
            poll(NULL, 0, 1000);
            continue;
        }
        (void)!poll(fds, count, count > 1 ? LOOK_MS : -1);
        if (fds[0].revents) {
            (void)!read(linger.wake_fd, &woken, sizeof(woken));
        }
        is_time_to_look = pyw_clock_ms() >= next_look;
        next_look = is_time_to_look ? pyw_clock_ms() + LOOK_MS : next_look;
        release_ended(fds, count, is_time_to_look);
        free(fds);
    }
    return unused;
}

/* With the lock. httpd's signals are for its own threads. */
static int start_thread(void)
{
    sigset_t all, before;
    int error;

    if (linger.wake_fd >= 0) {
        return 1;
    }
    linger.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (linger.wake_fd < 0) {
        return 0;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&linger.thread, NULL, linger_main, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        close(linger.wake_fd);
        linger.wake_fd = -1;
    }
    return !error;
}

/* One that waits until there is room is not woken by the shutdown alone. */
void pyw_abandoned_refuse(int fd)
{
    char nobody_reads[16 * 1024];

    shutdown(fd, SHUT_RD);
    while (recv(fd, nobody_reads, sizeof(nobody_reads), MSG_DONTWAIT) > 0) {
    }
}

void pyw_abandoned_add(const pyw_group *group, const pyw_slot *slot, int fd, int64_t until)
{
    lingerer *added = calloc(1, sizeof(*added));
    int is_waited_for = 0;

    pyw_abandoned_refuse(fd);
    if (added) {
        added->group = group;
        added->slot = *slot;
        added->fd = fd;
        added->since = pyw_clock_ms();
        added->until = until;
        pthread_mutex_lock(&linger.lock);
        is_waited_for = start_thread();
        if (is_waited_for) {
            added->next = linger.first;
            linger.first = added;
            linger.count++;
            wake_thread();
        }
        pthread_mutex_unlock(&linger.lock);
    }
    if (!is_waited_for) {
        free(added);
        close(fd);
        pyw_slots_leave(group->slots, slot, 0);
    }
}

static apr_status_t end_all(void *unused)
{
    (void)unused;
    if (linger.wake_fd >= 0) {
        __atomic_store_n(&linger.is_ending, 1, __ATOMIC_RELEASE);
        wake_thread();
        pthread_join(linger.thread, NULL);
        close(linger.wake_fd);
        linger.wake_fd = -1;
    }
    while (linger.first) {
        lingerer *each = linger.first;

        linger.first = each->next;
        end_abandoned(each);
    }
    linger.count = 0;
    return APR_SUCCESS;
}

void pyw_abandoned_child_init(apr_pool_t *pchild)
{
    apr_pool_cleanup_register(pchild, NULL, end_all, apr_pool_cleanup_null);
}
