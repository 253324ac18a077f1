/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/group.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdarg.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <unixd.h>

#include "base/log.h"
#include "config/check/pythonhome.h"
#include "config/options/parse/user.h"
#include "config/options/settings.h"

APLOG_USE_MODULE(pywsgi);

/* The longest pid of Linux, so that configtest finds every path that would be too long at a start. */
#define LONGEST_PID "4194304"

/* A worker's socket (pyw_worker_list_socket_name). */
#define LONGEST_WORKER "w.ffffffffffffffff"

int pyw_check_group_error(const pyw_group *group, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    apr_vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, ap_server_conf, PYWNO(0100) "%s: WSGIDaemonProcess %s: %s",
                 group->defined_at, group->options->name, text);
    return 0;
}

/* Returns 1: httpd starts, as with mod_wsgi. */
static int warn(apr_pool_t *pool, const pyw_group *group, const char *text)
{
    APR_ARRAY_PUSH(pyw_config_main()->warnings, const char *) =
        apr_psprintf(pool, "%s: WSGIDaemonProcess %s: %s", group->defined_at, group->options->name, text);
    return 1;
}

/* Only the workers of this group cannot start, so httpd starts and serves the other sites. Returns 1. */
static int warn_of_missing(apr_pool_t *pool, const pyw_group *group, const char *option, const char *path)
{
    return warn(pool, group,
                apr_psprintf(pool,
                             "%s is '%s', which does not exist: the workers cannot start, and requests get status 503",
                             option, path));
}

/*
 * httpd needs root for the option. A configtest by another user cannot check this, so it only warns. Returns whether
 * the check may continue.
 */
static int refuse_without_root(const pyw_group *group, const char *option, const char *value, const char *purpose)
{
    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST) {
        return pyw_check_group_error(group,
                                     "option '%s' cannot be '%s': httpd was not started by root and cannot %s; start "
                                     "it as root, or remove the option",
                                     option, value, purpose);
    }
    return warn(pyw_config_main()->warnings->pool, group,
                apr_psprintf(pyw_config_main()->warnings->pool,
                             "option '%s' is '%s', which needs an httpd that root starts; this configtest was not "
                             "started by root: repeat it with sudo",
                             option, value));
}

static int check_user(pyw_group *group)
{
    const pyw_group_options *options = group->options;
    uid_t uid;

    if (!options->worker.user) {
        return 1;
    }
    if (!pyw_options_uid(options->worker.user, &uid)) {
        return pyw_check_group_error(group, "option 'user' cannot be '%s': the system has no such user",
                                     options->worker.user);
    }
    if (uid == 0) {
        return pyw_check_group_error(group, "option 'user' cannot be '%s': applications never run as root",
                                     options->worker.user);
    }
    if (!getpwuid(uid) && !options->worker.group) {
        return pyw_check_group_error(group,
                                     "option 'user' is '%s', which has no entry with a primary group: set group= as "
                                     "well",
                                     options->worker.user);
    }
    if (geteuid() != 0 && uid != geteuid()) {
        return refuse_without_root(group, "user", options->worker.user, "become another user");
    }
    return 1;
}

static int check_gid(pyw_group *group, const char *option, const char *text)
{
    gid_t gid;

    if (!pyw_options_gid(text, &gid)) {
        return pyw_check_group_error(group, "option '%s' cannot be '%s': the system has no such group", option, text);
    }
    return 1;
}

/* Applications never run as root's group, which mod_wsgi allows: the user's primary group replaces it. */
static int check_group(apr_pool_t *pool, pyw_group *group)
{
    const char *text = group->options->worker.group;
    gid_t gid;

    if (!text) {
        return 1;
    }
    if (pyw_options_gid(text, &gid) && gid == 0) {
        group->options->worker.group = NULL;
        return warn(pool, group,
                    apr_psprintf(pool,
                                 "option 'group' is '%s': applications never run as root's group, so the workers get "
                                 "the primary group of their user",
                                 text));
    }
    return check_gid(group, "group", text);
}

static int check_supplementary(apr_pool_t *pool, pyw_group *group)
{
    char *state = NULL;
    char *copy = apr_pstrdup(pool, group->options->worker.supplementary_groups);
    int fine = 1;

    for (char *name = apr_strtok(copy, ",", &state); name; name = apr_strtok(NULL, ",", &state)) {
        fine = check_gid(group, "supplementary-groups", name) && fine;
    }
    return fine;
}

static int check_users(apr_pool_t *pool, pyw_group *group)
{
    const pyw_group_options *options = group->options;
    uid_t uid;
    int fine = check_group(pool, group);

    fine = check_user(group) && fine;
    if (options->worker.supplementary_groups) {
        fine = check_supplementary(pool, group) && fine;
    }
    if (options->worker.socket_user && !pyw_options_uid(options->worker.socket_user, &uid)) {
        fine = pyw_check_group_error(group, "option 'socket-user' cannot be '%s': the system has no such user",
                                     options->worker.socket_user);
    }
    return fine;
}

/* Sets the ids of script-user= and script-group=, which each request compares. */
static int check_script_owner(const pyw_group *group)
{
    pyw_httpd_options *options = &group->options->httpd;

    if (options->script_user && !pyw_options_uid(options->script_user, &options->script_uid)) {
        return pyw_check_group_error(group, "option 'script-user' cannot be '%s': the system has no such user",
                                     options->script_user);
    }
    if (options->script_group && !pyw_options_gid(options->script_group, &options->script_gid)) {
        return pyw_check_group_error(group, "option 'script-group' cannot be '%s': the system has no such group",
                                     options->script_group);
    }
    return 1;
}

/*
 * Applications run as httpd's User unless user= is set. The User directive takes a name or #uid, this option gets #uid.
 */
static void default_user(apr_pool_t *pool, pyw_group_options *options)
{
    if (!options->worker.user && geteuid() == 0) {
        options->worker.user = apr_psprintf(pool, "#%lu", (unsigned long)ap_unixd_config.user_id);
        if (!options->worker.group) {
            options->worker.group = apr_psprintf(pool, "#%lu", (unsigned long)ap_unixd_config.group_id);
        }
    }
}

static int check_chroot(apr_pool_t *pool, const pyw_group *group)
{
    const char *root = group->options->worker.chroot;

    if (root && !ap_is_directory(pool, root)) {
        return warn_of_missing(pool, group, "option 'chroot'", root);
    }
    if (root && geteuid() != 0) {
        return refuse_without_root(group, "chroot", root, "change the root directory");
    }
    return 1;
}

/* The path as seen from outside of the group's chroot=. */
static const char *outside_path(apr_pool_t *pool, const pyw_group *group, const char *path)
{
    const char *root = group->options->worker.chroot;

    return root && path ? apr_pstrcat(pool, root, path, NULL) : path;
}

static int check_home(apr_pool_t *pool, const pyw_group *group)
{
    const char *home = group->options->worker.home;

    if (home && !ap_is_directory(pool, outside_path(pool, group, home))) {
        return warn_of_missing(pool, group, "option 'home'", home);
    }
    return 1;
}

static int check_budget(const pyw_group *group)
{
    const pyw_group_options *options = group->options;

    if (options->manager.memory_budget > 0 && options->manager.processes_least == options->manager.processes) {
        return pyw_check_group_error(group,
                                     "option 'memory-budget' is for a group that grows: use processes=%d-%d or another "
                                     "range, or remove the option",
                                     options->manager.processes, options->manager.processes + 1);
    }
    return 1;
}

/* Checks only that the directory is a cgroup. The manager moves a worker there when it starts the worker. */
static int check_cgroup(apr_pool_t *pool, pyw_group *group)
{
    const char *cgroup = group->options->manager.cgroup;
    struct statfs system;

    if (!cgroup) {
        return 1;
    }
    if (statfs(cgroup, &system) != 0) {
        return pyw_check_group_error(group, "option 'cgroup' cannot be '%s': %s; create it first", cgroup,
                                     strerror(errno));
    }
    if (system.f_type != CGROUP2_SUPER_MAGIC || access(apr_pstrcat(pool, cgroup, "/cgroup.procs", NULL), F_OK) != 0) {
        return pyw_check_group_error(group,
                                     "option 'cgroup' cannot be '%s': it is not a cgroup (version 2): use a directory "
                                     "below /sys/fs/cgroup",
                                     cgroup);
    }
    return 1;
}

const char *pyw_check_engine(apr_pool_t *pool, const char *python_home, const char **problem, const char **error)
{
    const char *directory = pyw_config_main()->engine_path;
    const char *series = PYW_DEFAULT_SERIES;
    const char *engine;

    *problem = python_home ? pyw_pythonhome_series(pool, python_home, &series) : NULL;
    if (*problem) {
        series = PYW_DEFAULT_SERIES;
    }
    if (!directory) {
        directory = pyw_config_module_directory(pool);
    }
    engine = pyw_pythonhome_engine(pool, directory, series);
    if (access(engine, R_OK) != 0 && pyw_pythonhome_is_free_threaded(series)) {
        *error = apr_psprintf(pool,
                              "%s: Python %s is a free-threaded build, which mod_pywsgi does not support yet: use a "
                              "build of this version with the GIL",
                              python_home, series);
        return NULL;
    }
    if (access(engine, R_OK) != 0 && !pyw_pythonhome_is_supported(series)) {
        *error = apr_psprintf(pool,
                              "%s: mod_pywsgi does not support Python %s: create the environment with one of "
                              "Python " PYW_SUPPORTED_PYTHONS,
                              python_home, series);
        return NULL;
    }
    if (access(engine, R_OK) != 0) {
        *error = apr_psprintf(pool,
                              "%s%sthe engine for Python %s is not installed: %s is missing; build it with: make "
                              "PYTHON=%s engine install",
                              python_home ? python_home : "", python_home ? ": " : "", series, engine,
                              python_home ? apr_pstrcat(pool, python_home, "/bin/python3", NULL)
                                          : apr_pstrcat(pool, "/usr/bin/python", series, NULL));
        return NULL;
    }
    return engine;
}

static int check_python(pyw_check *check, pyw_group *group)
{
    pyw_group_options *options = group->options;
    const char *directive = options->worker.python_home ? "option 'python-home'" : "WSGIPythonHome";
    const char *problem, *error, *other;

    if (!options->worker.python_home) {
        options->worker.python_home = pyw_config_main()->python_home;
    }
    options->worker.python_home = pyw_pythonhome_prefix(check->pool, options->worker.python_home, &other);
    if (other) {
        warn(check->pool, group,
             apr_psprintf(check->pool, "%s: only the prefix %s is used, not the exec_prefix %s", directive,
                          options->worker.python_home, other));
    }
    options->worker.engine =
        pyw_check_engine(check->pool, outside_path(check->pool, group, options->worker.python_home), &problem, &error);
    if (problem) {
        warn(check->pool, group,
             apr_psprintf(check->pool, "%s: %s; the workers cannot start, and requests get status 503", directive,
                          problem));
    }
    if (!options->worker.engine && options->worker.python_home) {
        return pyw_check_group_error(group, "%s: %s", directive, error);
    }
    return options->worker.engine ? 1 : pyw_check_group_error(group, "%s", error);
}

/* Checks with the longest process id that a later start can have. */
static int check_sockets(const pyw_check *check, const pyw_group *group)
{
    const char *directory = pyw_config_main()->socket_directory;
    const char *longest = apr_psprintf(check->pool, "%.*s." LONGEST_PID "/" LONGEST_WORKER,
                                       (int)(strrchr(directory, '.') - directory), directory);

    if (strlen(longest) > PYW_SOCKET_PATH_MAX) {
        return pyw_check_group_error(group,
                                     "the path of its workers' sockets, %s, has %d bytes; the maximum for a UNIX "
                                     "socket is %d: shorten WSGISocketPrefix",
                                     longest, (int)strlen(longest), PYW_SOCKET_PATH_MAX);
    }
    return 1;
}

int pyw_check_group(pyw_check *check, pyw_group *group)
{
    int fine = check_users(check->pool, group);

    default_user(check->pool, group->options);
    fine = check_script_owner(group) && fine;
    fine = check_chroot(check->pool, group) && fine;
    fine = check_home(check->pool, group) && fine;
    fine = check_budget(group) && fine;
    fine = check_cgroup(check->pool, group) && fine;
    fine = check_python(check, group) && fine;
    return check_sockets(check, group) && fine;
}
