/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/private_directory.h"

#include <apr_strings.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/site/conf_text.h"

/* The path of a socket in the directory must fit into a sockaddr_un. */
enum { PARENT_MOST = 48, DEPTH = 8 };

char *pyw_private_directory_pattern(apr_pool_t *pool)
{
    const char *parent = getenv("TMPDIR");

    if (parent == NULL || *parent != '/' || strlen(parent) > PARENT_MOST || !pyw_conf_is_text(parent)) {
        parent = "/tmp";
    }
    return apr_pstrcat(pool, parent, "/pywsgi-serve.XXXXXX", NULL);
}

int pyw_private_directory_create(char *pattern)
{
    if (mkdtemp(pattern) == NULL) {
        return -1;
    }
    return geteuid() == 0 ? chmod(pattern, 0711) : 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    remove(path);
    return 0;
}

void pyw_private_directory_remove(const char *path)
{
    nftw(path, remove_entry, DEPTH, FTW_DEPTH | FTW_PHYS);
}
