/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_reply_file.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <apu_version.h>
#include <http_core.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* httpd's own blocks are of 8 KB, with a seek before each. */
enum { BLOCK_SIZE = 128 * 1024 };

/* Not in linux/magic.h of all systems. */
#define MAGIC_CIFS 0xff534d42u
#define MAGIC_SMB2 0xfe534d42u
#define MAGIC_LUSTRE 0x0bd00bd0u
#define MAGIC_GPFS 0x47504653u
#define MAGIC_OCFS2 0x7461636fu
#define MAGIC_GFS2 0x01161970u
#define MAGIC_FUSE 0x65735546u
#define MAGIC_CEPH 0x00c36400u

/* What is behind them may change, or vanish, without the kernel's knowledge. */
static int is_remote(int fd)
{
    struct statfs info;

    if (fstatfs(fd, &info) != 0) {
        return 1;
    }
    switch ((unsigned)info.f_type) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case MAGIC_CIFS:
    case MAGIC_SMB2:
    case AFS_SUPER_MAGIC:
    case AFS_FS_MAGIC:
    case CODA_SUPER_MAGIC:
    case V9FS_MAGIC:
    case MAGIC_CEPH:
    case MAGIC_LUSTRE:
    case MAGIC_GPFS:
    case MAGIC_OCFS2:
    case MAGIC_GFS2:
    case MAGIC_FUSE:
        return 1;
    default:
        return 0;
    }
}

static int core_forbids(const request_rec *r)
{
    const core_dir_config *config = ap_get_core_module_config(r->per_dir_config);

    return config->enable_sendfile == ENABLE_SENDFILE_OFF;
}

/* A stream of HTTP/2, or of TLS, is made of what is read from the file. */
static int wants_sendfile(request_rec *r, pyw_switch sendfile, int fd)
{
    if (sendfile == PYW_OFF || r->connection->master) {
        return 0;
    }
    return sendfile == PYW_ON || (!core_forbids(r) && !is_remote(fd));
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

/* A mapped file that its writer truncates is a SIGBUS in httpd. */
static void set_reading(apr_bucket *bucket)
{
    apr_bucket_file_enable_mmap(bucket, 0);
#if APU_MAJOR_VERSION > 1 || APU_MINOR_VERSION >= 6
    apr_bucket_file_set_buf_size(bucket, BLOCK_SIZE);
#endif
}

int pyw_reply_file_has(int fd, apr_off_t offset, apr_uint64_t length)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && offset >= 0 && offset <= status.st_size &&
           length <= (apr_uint64_t)(status.st_size - offset);
}

void pyw_reply_file_append(apr_bucket_brigade *brigade, request_rec *r, pyw_switch sendfile, int fd, apr_off_t offset,
                           apr_uint64_t length)
{
    apr_file_t *file = wants_sendfile(r, sendfile, fd) ? file_for_sendfile(r, fd) : file_for_reading(r, fd);
    apr_bucket *bucket = apr_brigade_insert_file(brigade, file, offset, (apr_off_t)length, r->pool);

    for (; bucket != APR_BRIGADE_SENTINEL(brigade); bucket = APR_BUCKET_NEXT(bucket)) {
        set_reading(bucket);
    }
}
