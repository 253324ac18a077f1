/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_FILE_H
#define PYW_HTTPD_RESPONSE_FILE_H

/*
 * Sends files as the body of a response in the same way as httpd's own files: with sendfile(2), mmap(2) or read(2)
 * (EnableSendfile, EnableMMAP). Runs on the thread of the request.
 */

#include <apr_buckets.h>
#include <httpd.h>

#include "config/config.h"

/* Whether this is a regular file that contains the range. */
int pyw_response_file_has(int fd, apr_off_t offset, apr_uint64_t length);

/*
 * Appends a part of a regular file and becomes the owner of `fd`. `sendfile`: On, Off, or unset: EnableSendfile
 * decides.
 */
void pyw_response_file_append(apr_bucket_brigade *brigade, request_rec *r, pyw_switch sendfile, int fd,
                              apr_off_t offset, apr_uint64_t length);

#endif
