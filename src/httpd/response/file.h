/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_RESPONSE_FILE_H
#define PYW_HTTPD_RESPONSE_FILE_H

/*
 * Files as the body of a response: sent as httpd sends its own, by sendfile(2), mmap(2) or read(2) (EnableSendfile,
 * EnableMMAP). Runs on the thread of the request.
 */

#include <apr_buckets.h>
#include <httpd.h>

#include "config/config.h"

/* Is it a regular file, and has it these bytes? */
int pyw_response_file_has(int fd, apr_off_t offset, apr_uint64_t length);

/*
 * Appends a part of a regular file and becomes the owner of `fd`. `sendfile`: On, Off, or unset, which leaves the
 * choice to EnableSendfile.
 */
void pyw_response_file_append(apr_bucket_brigade *brigade, request_rec *r, pyw_switch sendfile, int fd,
                              apr_off_t offset, apr_uint64_t length);

#endif
