/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WSGI_RESPONSE_VALIDATE_H
#define PYW_WSGI_RESPONSE_VALIDATE_H

/*
 * The syntax of status lines and headers of an application (PEP 3333, RFC 9110 section 5). Pure functions on Latin-1
 * bytes, any thread.
 */

#include <stddef.h>
#include <stdint.h>

typedef enum {
    PYW_STATUS_OK = 0,
    PYW_STATUS_SHAPE,   /* not three digits, a space and a reason */
    PYW_STATUS_CONTROL, /* a control byte in the reason */
    PYW_STATUS_INTERIM, /* 1xx is not a final status */
    PYW_STATUS_RANGE    /* three digits outside 100 ... 599 */
} pyw_status_fault;

/* "404 Not Found" -> 404 and the offset of the reason. "404" alone is accepted, with an empty reason. */
pyw_status_fault pyw_validate_status(const char *text, size_t length, int *status, size_t *reason);

/* RFC 9110 token: at least one byte. */
int pyw_validate_name(const char *name, size_t length);

/* No control bytes except tab, hence no CR, LF and NUL. */
int pyw_validate_value(const char *value, size_t length);

/* Digits only, and the number fits an int64_t. */
int pyw_validate_length(const char *value, size_t length, uint64_t *number);

/* Headers of the connection, which belong to the server and not to the application. */
int pyw_validate_is_hop_by_hop(const char *name, size_t length);

int pyw_validate_is_content_length(const char *name, size_t length);

#endif
