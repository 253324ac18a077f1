/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_MOUNT_H
#define PYW_HTTPD_MOUNT_H

/*
 * Which requests are ours: WSGIScriptAlias, WSGIScriptAliasMatch and WSGIAppAlias in httpd's translate_name,
 * map_to_storage and fixups phases. Runs on the thread of the request.
 */

#include <httpd.h>

#include "config/config.h"

/* What translate_name found out about a request; lives in r->pool. */
typedef struct pyw_mount {
    const pyw_alias *alias;
    const char *filename;  /* r->filename, this very string, for as long as the request is about that file */
    const char *path_info; /* NULL: httpd's directory walk will tell */
} pyw_mount;

#define PYW_HANDLER_NAME "wsgi-script"

/*
 * The request's mount, NULL if it came to the handler through SetHandler or AddHandler. A request that httpd has
 * redirected inside itself (FallbackResource, DirectoryIndex, MultiViews) has the mount of its present URL and file.
 */
const pyw_mount *pyw_mount_get(request_rec *r);

/*
 * How many bytes of a path the prefix covers, -1 if it is not a prefix of whole segments. A run of slashes counts
 * as one, as mod_alias has it.
 */
apr_ssize_t pyw_mount_covered(const char *path, const char *prefix);

int pyw_mount_translate_name(request_rec *r);
int pyw_mount_map_to_storage(request_rec *r);
int pyw_mount_fixups(request_rec *r);

#endif
