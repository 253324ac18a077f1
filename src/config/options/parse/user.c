/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/user.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>

#include "config/options/parse/value.h"

/* "#1001" -> 1001. 0: the text is a name. */
static int number_of(const char *text, long long *number)
{
    return *text == '#' && text[1] != '-' && pyw_value_number(text + 1, 10, number) && *number <= 0xfffffffeLL;
}

int pyw_options_uid(const char *user, uid_t *uid)
{
    long long number;
    const struct passwd *entry;

    if (number_of(user, &number)) {
        *uid = (uid_t)number;
        return 1;
    }
    entry = getpwnam(user);
    if (entry == NULL) {
        return 0;
    }
    *uid = entry->pw_uid;
    return 1;
}

int pyw_options_gid(const char *group, gid_t *gid)
{
    long long number;
    const struct group *entry;

    if (number_of(group, &number)) {
        *gid = (gid_t)number;
        return 1;
    }
    entry = getgrnam(group);
    if (entry == NULL) {
        return 0;
    }
    *gid = entry->gr_gid;
    return 1;
}
