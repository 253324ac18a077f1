/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "worker/start/identity.h"

#include <errno.h>
#include <grp.h>
#include <locale.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "config/options/parse/user.h"

enum { GROUPS_MAX = 256 };

typedef struct identity {
    uid_t uid;
    gid_t gid;
    char *name; /* NULL: the uid has no passwd entry; owned */
    char *home; /* as name */
} identity;

static pyw_result find_account(identity *who, const pyw_worker_options *options, pyw_problem *problem)
{
    const struct passwd *entry;

    who->uid = geteuid();
    who->gid = getegid();
    if (options->user != NULL && !pyw_options_uid(options->user, &who->uid)) {
        return pyw_problem_set(problem, "the system has no user '%s'", options->user);
    }
    entry = getpwuid(who->uid);
    who->name = entry != NULL ? strdup(entry->pw_name) : NULL;
    who->home = entry != NULL ? strdup(entry->pw_dir) : NULL;
    if (entry != NULL && options->user != NULL) {
        who->gid = entry->pw_gid;
    }
    if (options->group != NULL && !pyw_options_gid(options->group, &who->gid)) {
        return pyw_problem_set(problem, "the system has no group '%s'", options->group);
    }
    return PYW_OK;
}

static pyw_result set_listed_groups(const char *names, gid_t gid, pyw_problem *problem)
{
    gid_t gids[GROUPS_MAX];
    size_t count = 0;
    char *copy = strdup(names);
    char *state = NULL;

    if (copy == NULL) {
        return pyw_problem_set(problem, "supplementary-groups: %s", strerror(errno));
    }
    gids[count++] = gid;
    for (char *name = strtok_r(copy, ",", &state); name != NULL; name = strtok_r(NULL, ",", &state)) {
        if (count == GROUPS_MAX || !pyw_options_gid(name, &gids[count])) {
            free(copy);
            return pyw_problem_set(problem, "supplementary-groups cannot be '%s'", names);
        }
        count++;
    }
    free(copy);
    return setgroups(count, gids) == 0 ? PYW_OK : pyw_problem_set(problem, "setgroups: %s", strerror(errno));
}

static pyw_result set_groups(const identity *who, const pyw_worker_options *options, pyw_problem *problem)
{
    if (options->supplementary_groups != NULL) {
        return set_listed_groups(options->supplementary_groups, who->gid, problem);
    }
    if (who->name != NULL && initgroups(who->name, who->gid) == 0) {
        return PYW_OK;
    }
    return setgroups(1, &who->gid) == 0 ? PYW_OK : pyw_problem_set(problem, "setgroups: %s", strerror(errno));
}

/* Compares the kernel's ids, not the results of the calls (CVE-2014-8583 was an unchecked setgid). */
static pyw_result verify(const identity *who, pyw_problem *problem)
{
    uid_t uids[3];
    gid_t gids[3];

    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 || getresgid(&gids[0], &gids[1], &gids[2]) != 0) {
        return pyw_problem_set(problem, "getresuid: %s", strerror(errno));
    }
    for (int i = 0; i < 3; i++) {
        if (uids[i] != who->uid || gids[i] != who->gid) {
            return pyw_problem_set(problem, "the ids are not %lu:%lu after the change", (unsigned long)who->uid,
                                   (unsigned long)who->gid);
        }
    }
    if (setuid(0) == 0 || setgid(0) == 0) {
        return pyw_problem_set(problem, "root privileges could be regained");
    }
    return PYW_OK;
}

static pyw_result drop_root(const identity *who, const pyw_worker_options *options, pyw_problem *problem)
{
    pyw_result result;

    if (who->uid == 0 || who->gid == 0) {
        return pyw_problem_set(problem, "applications never run as root, neither user nor group");
    }
    result = set_groups(who, options, problem);
    if (result != PYW_OK) {
        return result;
    }
    if (options->chroot != NULL && (chroot(options->chroot) != 0 || chdir("/") != 0)) {
        return pyw_problem_set(problem, "chroot=%s: %s", options->chroot, strerror(errno));
    }
    if (setresgid(who->gid, who->gid, who->gid) != 0 || setresuid(who->uid, who->uid, who->uid) != 0) {
        return pyw_problem_set(problem, "uid %lu, gid %lu: %s", (unsigned long)who->uid, (unsigned long)who->gid,
                               strerror(errno));
    }
    /* This memory never contained data of root, so the user may debug it and dump its core. */
    prctl(PR_SET_DUMPABLE, 1);
    return verify(who, problem);
}

static void set_priority(const pyw_worker_options *options)
{
    if (options->cpu_priority != 0 && setpriority(PRIO_PROCESS, 0, options->cpu_priority) != 0) {
        pyw_log(PYW_LOG_WARNING, PYWNO(0400) "cpu-priority=%d is not permitted: %s", options->cpu_priority,
                strerror(errno));
    }
}

/* home=; otherwise the home directory of a user other than httpd's; otherwise the root directory. */
static pyw_result set_directory(const identity *who, const pyw_worker_options *options, const pyw_settings *settings,
                                pyw_problem *problem)
{
    if (options->home != NULL) {
        return chdir(options->home) == 0 ? PYW_OK
                                         : pyw_problem_set(problem, "home=%s: %s", options->home, strerror(errno));
    }
    if (who->home == NULL || who->uid == settings->httpd_uid || chdir(who->home) != 0) {
        return chdir("/") == 0 ? PYW_OK : pyw_problem_set(problem, "/: %s", strerror(errno));
    }
    return PYW_OK;
}

static int is_c_locale(const char *name)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' || strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0;
}

/* httpd usually runs in the C locale, but applications expect UTF-8. */
static void set_locale(const pyw_worker_options *options)
{
    if (options->lang != NULL) {
        setenv("LANG", options->lang, 1);
    }
    if (options->locale != NULL) {
        setenv("LC_ALL", options->locale, 1);
    }
    if (is_c_locale("LC_ALL") && is_c_locale("LC_CTYPE") && is_c_locale("LANG")) {
        unsetenv("LC_ALL");
        unsetenv("LC_CTYPE");
        setenv("LANG", "C.UTF-8", 1);
    }
    if (setlocale(LC_ALL, "") == NULL) {
        pyw_log(PYW_LOG_WARNING,
                PYWNO(0401) "the locale (lang=%s, locale=%s) is not installed on this system, see \"locale -a\"; "
                            "C.UTF-8 is used",
                options->lang != NULL ? options->lang : "", options->locale != NULL ? options->locale : "");
        setenv("LC_ALL", "C.UTF-8", 1);
        setlocale(LC_ALL, "");
    }
}

static void set_environment(const identity *who, const pyw_worker_options *options)
{
    if (who->name != NULL) {
        setenv("USER", who->name, 1);
        setenv("LOGNAME", who->name, 1);
        setenv("HOME", who->home, 1);
    }
    for (int i = 0; i < options->env->nelts; i++) {
        char *setting = APR_ARRAY_IDX(options->env, i, char *);

        putenv(setting);
    }
    set_locale(options);
}

pyw_result pyw_identity_assume(const pyw_worker_options *options, const pyw_settings *settings, pyw_problem *problem)
{
    identity who = {0};
    pyw_result result = find_account(&who, options, problem);

    if (result == PYW_OK) {
        set_priority(options);
        if (geteuid() == 0) {
            result = drop_root(&who, options, problem);
        }
        else if (who.uid != geteuid()) {
            result = pyw_problem_set(problem, "httpd was not started by root, so user=%s is impossible", options->user);
        }
        else if (options->chroot != NULL) {
            result = pyw_problem_set(problem, "httpd was not started by root, so chroot= is impossible");
        }
    }
    if (result == PYW_OK && options->umask >= 0) {
        umask((mode_t)options->umask);
    }
    if (result == PYW_OK) {
        result = set_directory(&who, options, settings, problem);
    }
    if (result == PYW_OK) {
        set_environment(&who, options);
    }
    free(who.name);
    free(who.home);
    return result;
}
