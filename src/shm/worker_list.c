/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include "shm/worker_list.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/sequence.h"

int pyw_worker_list_memory(const char *name, size_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int error;

    if (fd < 0) {
        return -1;
    }
    if (ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) == 0) {
        return fd;
    }
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

int pyw_worker_list_grow(int fd, size_t size)
{
    return size <= pyw_worker_list_size(fd) || ftruncate(fd, (off_t)size) == 0 ? 0 : errno;
}

size_t pyw_worker_list_size(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? (size_t)status.st_size : 0;
}

/* A second, read-only open file of the same memory: mprotect(2) cannot make its mappings writable. */
static int open_for_reading(int fd)
{
    char path[40];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void *map_memory(int fd, size_t size, int protection)
{
    void *memory;

    if (pyw_worker_list_size(fd) < size) {
        errno = EINVAL;
        return NULL;
    }
    memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void *pyw_worker_list_map(int fd, size_t size, int writable)
{
    void *memory;
    int reader;

    if (writable) {
        return map_memory(fd, size, PROT_READ | PROT_WRITE);
    }
    reader = open_for_reading(fd);
    if (reader < 0) {
        return NULL;
    }
    memory = map_memory(reader, size, PROT_READ);
    close(reader);
    return memory;
}

void pyw_worker_list_write(pyw_worker_list_group *group, const pyw_worker_list_status *status,
                           const pyw_worker_list_worker *workers, uint32_t count)
{
    uint32_t begun;

    if (count > PYW_WORKER_LIST_WORKERS) {
        count = PYW_WORKER_LIST_WORKERS;
    }
    begun = pyw_sequence_begin(&group->sequence);
    group->status = *status;
    group->count = count;
    if (count > 0) {
        memcpy(group->workers, workers, count * sizeof(*workers));
    }
    pyw_sequence_end(&group->sequence, begun);
}

uint32_t pyw_worker_list_sequence(const pyw_worker_list_group *group)
{
    return pyw_sequence_look(&group->sequence);
}

uint32_t pyw_worker_list_read(const pyw_worker_list_group *group, pyw_worker_list_status *status,
                              pyw_worker_list_worker *workers, uint32_t capacity, uint32_t *sequence)
{
    const pyw_worker_list_status nothing = {.use = status->use};
    const pyw_worker_list_status removed = {.use = status->use, .state = PYW_GROUP_REMOVED};

    for (int i = 0; i < PYW_SEQUENCE_ATTEMPTS; i++) {
        uint32_t before = pyw_worker_list_sequence(group);
        int is_own = group->status.use == nothing.use;
        uint32_t count = is_own ? group->count : 0;

        *sequence = before;
        if (before & 1) {
            continue;
        }
        if (count > capacity) {
            count = capacity;
        }
        *status = is_own ? group->status : (int32_t)(group->status.use - nothing.use) > 0 ? removed : nothing;
        memcpy(workers, group->workers, count * sizeof(*workers));
        if (pyw_sequence_is_unchanged(&group->sequence, before)) {
            return count;
        }
    }
    *status = nothing; /* *sequence is that of the last attempt, so the end of this write counts as a change */
    return 0;
}

void pyw_worker_list_socket_name(char name[PYW_WORKER_LIST_SOCKET_NAME], uint64_t serial)
{
    snprintf(name, PYW_WORKER_LIST_SOCKET_NAME, "w.%" PRIx64, serial);
}
