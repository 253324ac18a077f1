/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/response/parallel.h"

#include <apr_portable.h>
#include <http_core.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <util_filter.h>

/* After apr_portable.h, because both define some of the same names. */
#include <linux/sockios.h>

/* The maximum of bytes that filters add to a block: a head, TLS records, chunk sizes. */
enum { PIECE_OVERHEAD = 8 * 1024 };

/*
 * Filters of httpd that keep their state in the request and the connection, and wait only for the socket. This excludes
 * filters that run a program, write a cache or limit the rate.
 */
static const char *const passing_filters[] = {
    "byterange", "content_length", "http_header", "http_outerror", "fixup_headers_out", "mod_expires",
    "chunk",     "core",           NULL,
};

/* Likewise, but these filters read the bytes of the body. */
static const char *const reading_filters[] = {
    "ssl/tls filter", "ssl/tls coalescing filter", "deflate", "brotli_compress", NULL,
};

static int is_among(const ap_filter_t *filter, const char *const *names)
{
    while (*names && strcmp(filter->frec->name, *names) != 0) {
        names++;
    }
    return *names != NULL;
}

int pyw_response_passes_unread(const request_rec *r)
{
    const ap_filter_t *filter = r->output_filters;

    while (filter && is_among(filter, passing_filters)) {
        filter = filter->next;
    }
    return filter == NULL;
}

/* An HTTP/2 stream waits for its session, for an unknown time. */
int pyw_response_takes_parallel(const request_rec *r)
{
    const ap_filter_t *filter = r->output_filters;

    if (r->connection->master || r->main || !ap_get_conn_socket(r->connection)) {
        return 0;
    }
    while (filter && (is_among(filter, passing_filters) || is_among(filter, reading_filters))) {
        filter = filter->next;
    }
    return filter == NULL;
}

/* If no byte is unsent, a block fits into any socket buffer. */
int pyw_response_has_room(const pyw_response *response, size_t length)
{
    conn_rec *c = response->r->connection;
    apr_socket_t *socket = ap_get_conn_socket(c);
    apr_os_sock_t fd = -1;
    socklen_t size_length = sizeof(int);
    int unsent = 0;
    int size = 0;

    if (response->client_gone || c->aborted || apr_os_sock_get(&fd, socket) != APR_SUCCESS || fd < 0) {
        return 1; /* sending fails immediately */
    }
    if (ioctl(fd, SIOCOUTQ, &unsent) != 0 || getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &size_length) != 0) {
        return 0;
    }
    /* The kernel accounts for up to twice the bytes. */
    return unsent == 0 || 2 * ((size_t)unsent + length + PIECE_OVERHEAD) <= (size_t)size;
}
