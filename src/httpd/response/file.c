/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/response/file.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <apu_version.h>
#include <http_core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpd/response/parallel.h"

/* httpd's own blocks are of 8 KB, with a seek before each. */
enum { BLOCK_SIZE = 128 * 1024 };

static const core_dir_config *core_config(const request_rec *r)
{
    return ap_get_core_module_config(r->per_dir_config);
}

/* Unset: as for httpd's own files. A stream of HTTP/2 is made of what is read from the file. */
static int wants_sendfile(const request_rec *r, pyw_switch sendfile)
{
    if (r->connection->master) {
        return 0;
    }
    return sendfile == PYW_UNSET ? core_config(r)->enable_sendfile == ENABLE_SENDFILE_ON : sendfile == PYW_ON;
}

/*
 * If the file is truncated meanwhile, the kernel answers a writev(2) of its pages with EFAULT; a filter that reads them
 * gets SIGBUS, which would end the child.
 */
static int wants_mmap(const request_rec *r)
{
    return core_config(r)->enable_mmap != ENABLE_MMAP_OFF && pyw_response_passes_unread(r);
}

static apr_status_t close_descriptor(void *data)
{
    const int *fd = data;

    close(*fd);
    return APR_SUCCESS;
}

/*
 * For sendfile(2) the file must carry a flag that apr_os_file_put alone can give, and that makes a file without an
 * owner. On a connection of HTTP/1 the request's pool outlives all buckets of its response (EOR is behind them).
 */
static apr_file_t *file_for_sendfile(request_rec *r, int fd)
{
    apr_os_file_t *kept = apr_pmemdup(r->pool, &fd, sizeof(fd));
    apr_file_t *file = NULL;

    apr_os_file_put(&file, kept, APR_FOPEN_READ | APR_FOPEN_SENDFILE_ENABLED, r->pool);
    apr_pool_cleanup_register(r->pool, kept, close_descriptor, apr_pool_cleanup_null);
    return file;
}

/*
 * A file whose owner moves with it when a filter sets its bucket aside into another pool. apr_os_file_put makes none
 * such; the function for pipes does, and reading does not care.
 */
static apr_file_t *file_for_reading(request_rec *r, int fd)
{
    apr_os_file_t os_file = fd;
    apr_file_t *file = NULL;

    apr_os_pipe_put_ex(&file, &os_file, 1, r->pool);
    return file;
}

static void set_reading(apr_bucket *bucket, int with_mmap)
{
    apr_bucket_file_enable_mmap(bucket, with_mmap);
#if APU_MAJOR_VERSION > 1 || APU_MINOR_VERSION >= 6
    apr_bucket_file_set_buf_size(bucket, BLOCK_SIZE);
#endif
}

int pyw_response_file_has(int fd, apr_off_t offset, apr_uint64_t length)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && offset >= 0 && offset <= status.st_size &&
           length <= (apr_uint64_t)(status.st_size - offset);
}

void pyw_response_file_append(apr_bucket_brigade *brigade, request_rec *r, pyw_switch sendfile, int fd,
                              apr_off_t offset, apr_uint64_t length)
{
    apr_file_t *file = wants_sendfile(r, sendfile) ? file_for_sendfile(r, fd) : file_for_reading(r, fd);
    apr_bucket *bucket = apr_brigade_insert_file(brigade, file, offset, (apr_off_t)length, r->pool);
    int with_mmap = wants_mmap(r);

    for (; bucket != APR_BRIGADE_SENTINEL(brigade); bucket = APR_BUCKET_NEXT(bucket)) {
        set_reading(bucket, with_mmap);
    }
}
