/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_linger.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct lingerer {
    struct lingerer *next;
    pyw_slots *slots;
    pyw_slot slot;
    int fd;
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

static void end(lingerer *ended)
{
    close(ended->fd);
    pyw_slots_leave(ended->slots, &ended->slot, 0);
    free(ended);
}

static void wake(void)
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

static int has_ended(const struct pollfd *fds, nfds_t count, int fd)
{
    for (nfds_t i = 1; i < count; i++) {
        if (fds[i].fd == fd) {
            return fds[i].revents != 0;
        }
    }
    return 0;
}

static void release_ended(const struct pollfd *fds, nfds_t count)
{
    lingerer **link = &linger.first;

    pthread_mutex_lock(&linger.lock);
    while (*link) {
        lingerer *each = *link;

        if (has_ended(fds, count, each->fd)) {
            *link = each->next;
            linger.count--;
            end(each);
        }
        else {
            link = &each->next;
        }
    }
    pthread_mutex_unlock(&linger.lock);
}

static void *linger_main(void *unused)
{
    while (!linger.is_ending) {
        nfds_t count = 0;
        struct pollfd *fds = collect(&count);
        uint64_t woken;

        if (!fds) {
            poll(NULL, 0, 1000);
            continue;
        }
        if (poll(fds, count, -1) > 0) {
            if (fds[0].revents) {
                (void)!read(linger.wake_fd, &woken, sizeof(woken));
            }
            release_ended(fds, count);
        }
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
void pyw_linger_refuse(int fd)
{
    char nobody_reads[16 * 1024];

    shutdown(fd, SHUT_RD);
    while (recv(fd, nobody_reads, sizeof(nobody_reads), MSG_DONTWAIT) > 0) {
    }
}

void pyw_linger_add(pyw_slots *slots, const pyw_slot *slot, int fd)
{
    lingerer *added = calloc(1, sizeof(*added));
    int is_waited_for = 0;

    pyw_linger_refuse(fd);
    if (added) {
        added->slots = slots;
        added->slot = *slot;
        added->fd = fd;
        pthread_mutex_lock(&linger.lock);
        is_waited_for = start_thread();
        if (is_waited_for) {
            added->next = linger.first;
            linger.first = added;
            linger.count++;
            wake();
        }
        pthread_mutex_unlock(&linger.lock);
    }
    if (!is_waited_for) {
        free(added);
        close(fd);
        pyw_slots_leave(slots, slot, 0);
    }
}

static apr_status_t end_all(void *unused)
{
    (void)unused;
    if (linger.wake_fd >= 0) {
        linger.is_ending = 1;
        wake();
        pthread_join(linger.thread, NULL);
        close(linger.wake_fd);
        linger.wake_fd = -1;
    }
    while (linger.first) {
        lingerer *each = linger.first;

        linger.first = each->next;
        end(each);
    }
    linger.count = 0;
    return APR_SUCCESS;
}

void pyw_linger_child_init(apr_pool_t *pchild)
{
    apr_pool_cleanup_register(pchild, NULL, end_all, apr_pool_cleanup_null);
}
