/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/account.h"

#include <apr_strings.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

/* httpd's user of Debian, Red Hat, Arch and the sources. */
static const struct passwd *find_usual(void)
{
    static const char *const names[] = {"www-data", "apache", "http", "daemon", "nobody"};
    const struct passwd *found = NULL;

    for (size_t i = 0; found == NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        found = getpwnam(names[i]);
    }
    return found;
}

static const struct passwd *find_owner(const char *project)
{
    struct stat status;

    return stat(project, &status) == 0 && status.st_uid != 0 ? getpwuid(status.st_uid) : NULL;
}

const char *pyw_account_find(apr_pool_t *pool, const char *name, const char *project, const char **user,
                             const char **group)
{
    const struct passwd *found;
    const struct group *primary;

    if (geteuid() != 0) {
        return name != NULL ? "only root can give --user" : NULL;
    }
    found = name != NULL ? getpwnam(name) : find_owner(project);
    found = found == NULL && name == NULL ? find_usual() : found;
    if (found == NULL || found->pw_uid == 0) {
        return "applications do not run as root; name another user of this system with --user NAME";
    }
    *user = apr_pstrdup(pool, found->pw_name);
    primary = getgrgid(found->pw_gid);
    *group = primary != NULL ? apr_pstrdup(pool, primary->gr_name) : apr_psprintf(pool, "#%u", found->pw_gid);
    return NULL;
}
