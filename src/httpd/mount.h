/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_MOUNT_H
#define PYW_HTTPD_MOUNT_H

/*
 * Maps requests to applications: WSGIScriptAlias, WSGIScriptAliasMatch and WSGIAppAlias in httpd's translate_name,
 * map_to_storage and fixups phases. Runs on the thread of the request.
 */

#include <httpd.h>

#include "config/config.h"

/* The result of translate_name; in r->pool. */
typedef struct pyw_mount {
    const pyw_alias *alias;
    const char *filename;  /* the pointer r->filename, to detect that the request has another file */
    const char *path_info; /* NULL: httpd's directory walk determines it */
} pyw_mount;

#define PYW_HANDLER_NAME "wsgi-script"

/*
 * The request's mount; NULL if SetHandler or AddHandler selected the handler. After an internal redirect
 * (FallbackResource, DirectoryIndex, MultiViews) this is the mount of the current URL and file.
 */
const pyw_mount *pyw_mount_get(request_rec *r);

/*
 * The number of bytes of the path that the prefix covers, -1 if it is not a prefix of whole segments. A run of slashes
 * counts as one slash, as in mod_alias.
 */
apr_ssize_t pyw_mount_covered(const char *path, const char *prefix);

int pyw_mount_translate_name(request_rec *r);
int pyw_mount_map_to_storage(request_rec *r);
int pyw_mount_fixups(request_rec *r);

#endif
