/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/response/file.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <apu_version.h>
#include <http_core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "httpd/response/parallel.h"

/* httpd's default is 8 KB, with a seek before each read. */
enum { BLOCK_SIZE = 128 * 1024 };

static const core_dir_config *core_config(const request_rec *r)
{
    return ap_get_core_module_config(r->per_dir_config);
}

/* Whether to use sendfile(2). Unset: as for httpd's own files. HTTP/2 always reads the file. */
static int wants_sendfile(const request_rec *r, pyw_switch sendfile)
{
    if (r->connection->master) {
        return 0;
    }
    return sendfile == PYW_UNSET ? core_config(r)->enable_sendfile == ENABLE_SENDFILE_ON : sendfile == PYW_ON;
}

static apr_status_t close_descriptor(void *data)
{
    const int *fd = data;

    close(*fd);
    return APR_SUCCESS;
}

/*
 * sendfile(2) needs a flag that only apr_os_file_put can set, but apr_os_file_put registers no cleanup that closes the
 * file. With HTTP/1 the request's pool outlives all buckets of its response (EOR follows them).
 */
static apr_file_t *file_for_sendfile(request_rec *r, int fd)
{
    apr_os_file_t *own = apr_pmemdup(r->pool, &fd, sizeof(fd));
    apr_file_t *file = NULL;

    apr_os_file_put(&file, own, APR_FOPEN_READ | APR_FOPEN_SENDFILE_ENABLED, r->pool);
    apr_pool_cleanup_register(r->pool, own, close_descriptor, apr_pool_cleanup_null);
    return file;
}

/*
 * When a filter sets the file's bucket aside, the cleanup must move to the other pool. apr_os_file_put registers no
 * cleanup, but the function for pipes does, and its files can be read like others.
 */
static apr_file_t *file_for_reading(request_rec *r, int fd)
{
    apr_os_file_t os_file = fd;
    apr_file_t *file = NULL;

    apr_os_pipe_put_ex(&file, &os_file, 1, r->pool);
    return file;
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
    /*
     * If the file is truncated, writev(2) of its pages fails with EFAULT, but a filter that reads them gets SIGBUS,
     * which kills the child.
     */
    int with_mmap = core_config(r)->enable_mmap != ENABLE_MMAP_OFF && pyw_response_passes_unread(r);

    for (; bucket != APR_BRIGADE_SENTINEL(brigade); bucket = APR_BUCKET_NEXT(bucket)) {
        apr_bucket_file_enable_mmap(bucket, with_mmap);
#if APU_MAJOR_VERSION > 1 || APU_MINOR_VERSION >= 6
        apr_bucket_file_set_buf_size(bucket, BLOCK_SIZE);
#endif
    }
}
