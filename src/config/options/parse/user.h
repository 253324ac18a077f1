/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_PARSE_USER_H
#define PYW_CONFIG_OPTIONS_PARSE_USER_H

/* Looks up the users and groups that options name. Not thread-safe (getpwnam, getgrnam). */

#include <sys/types.h>

/* The uid of a user's name or #uid. 0: no such user. */
int pyw_options_uid(const char *user, uid_t *uid);

/* The gid of a group's name or #gid. 0: no such group. */
int pyw_options_gid(const char *group, gid_t *gid);

#endif
