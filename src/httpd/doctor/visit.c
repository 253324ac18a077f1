/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/doctor/visit.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <grp.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unixd.h>

#include "base/os/obstacle.h"
#include "httpd/mount.h"
#include "httpd/target.h"

/* The request runs hooks of modules that were never started, so it may hang or crash. */
enum { VISIT_MS = 5000 };

/* A function for a process of its own, which writes the answer to the descriptor. */
typedef void child_function(const void *argument, int fd);

/* Changes to httpd's User and Group, like httpd's children. Returns 0 if that is impossible. */
static int become_httpd_user(void)
{
    return geteuid() != 0 || (initgroups(ap_unixd_config.user_name, ap_unixd_config.group_id) == 0 &&
                              setgid(ap_unixd_config.group_id) == 0 && setuid(ap_unixd_config.user_id) == 0);
}

static void run_in_child(child_function *run, const void *argument, int fd)
{
    int null = open("/dev/null", O_RDWR);

    /* Discards output, because httpd's log records of the request would look like results of the check. */
    if (null >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0 && become_httpd_user()) {
        run(argument, fd);
    }
    _exit(0);
}

/* Runs the function in a process of its own, and reads its answer. 0: no answer. */
static int ask_child(child_function *run, const void *argument, void *answer, size_t size)
{
    int fds[2];
    ssize_t got = 0;
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) != 0) {
        return 0;
    }
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        run_in_child(run, argument, fds[1]);
    }
    close(fds[1]);
    if (pid > 0) {
        struct pollfd item = {fds[0], POLLIN, 0};

        got = poll(&item, 1, VISIT_MS) > 0 ? read(fds[0], answer, size) : 0;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    close(fds[0]);
    return got == (ssize_t)size;
}

static conn_rec *local_connection(apr_pool_t *pool, server_rec *server)
{
    conn_rec *c = apr_pcalloc(pool, sizeof(*c));

    c->pool = pool;
    c->base_server = server;
    c->conn_config = ap_create_conn_config(pool);
    c->notes = apr_table_make(pool, 4);
    c->bucket_alloc = apr_bucket_alloc_create(pool);
    c->client_ip = c->local_ip = apr_pstrdup(pool, "127.0.0.1");
    apr_sockaddr_info_get(&c->client_addr, c->client_ip, APR_INET, 80, 0, pool);
    c->local_addr = c->client_addr;
    return c;
}

static request_rec *local_request(apr_pool_t *pool, server_rec *server, const char *uri)
{
    request_rec *r = ap_create_request(local_connection(pool, server));

    r->server = server;
    r->per_dir_config = server->lookup_defaults;
    r->method = "GET";
    r->method_number = M_GET;
    r->protocol = apr_pstrdup(pool, "HTTP/1.1");
    r->proto_num = HTTP_VERSION(1, 1);
    r->the_request = apr_psprintf(pool, "GET %s HTTP/1.1", uri);
    r->hostname = server->server_hostname;
    r->unparsed_uri = r->uri = apr_pstrdup(pool, uri);
    r->parsed_uri.path = r->uri;
    r->request_time = apr_time_now();
    return r;
}

/* Only this module translates the URL. A script without an alias: the DocumentRoot leads to its file. */
static int translate(request_rec *r, const pyw_alias *alias)
{
    if (pyw_mount_translate_name(r) == OK) {
        return OK;
    }
    r->filename = apr_pstrdup(r->pool, alias->target);
    return alias->is_module ? HTTP_NOT_FOUND : OK;
}

static int walk_files(request_rec *r)
{
    int status = pyw_mount_map_to_storage(r);

    if (status == DECLINED) {
        status = ap_directory_walk(r);
        status = status == OK ? ap_file_walk(r) : status;
    }
    return status;
}

/* The walk of ap_process_request_internal. */
static int walk(request_rec *r, const pyw_alias *alias)
{
    int status = ap_location_walk(r);

    if (status == OK) {
        status = translate(r, alias);
    }
    r->per_dir_config = r->server->lookup_defaults;
    if (status == OK) {
        status = walk_files(r);
    }
    if (status == OK) {
        status = ap_location_walk(r);
    }
    return status == OK ? ap_if_walk(r) : status;
}

/* WSGIAccessScript would need a running worker. With Satisfy Any, a password may admit a user. */
static int check_access(request_rec *r)
{
    int status;

    if (pyw_config_request(r)->access_script || ap_satisfies(r) == SATISFY_ANY) {
        return OK;
    }
    status = ap_run_access_checker(r);
    if (status == OK || status == DECLINED) {
        status = ap_run_access_checker_ex(r);
    }
    return status == DECLINED || status == HTTP_UNAUTHORIZED ? OK : status;
}

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void describe_target(request_rec *r, const pyw_alias *alias, pyw_visit *visit)
{
    pyw_target target;

    pyw_target_resolve(r, alias, &target);
    copy_text(visit->group, sizeof(visit->group), target.process_group);
    copy_text(visit->application_group, sizeof(visit->application_group), target.spec.group);
    copy_text(visit->callable, sizeof(visit->callable), target.spec.callable);
    copy_text(visit->target, sizeof(visit->target), visit->status == OK ? target.spec.target : alias->target);
    visit->application_group_is_default = target.spec.group_is_default;
    visit->is_embedded_unasked =
        !alias->process_group && !target.config->process_group && !target.config->dispatch_script;
}

typedef struct visit_request {
    apr_pool_t *pool;
    server_rec *server;
    const pyw_alias *alias;
} visit_request;

static void make_visit(const void *argument, int fd)
{
    const visit_request *request = argument;
    const pyw_alias *alias = request->alias;
    request_rec *r = local_request(request->pool, request->server, alias->url);
    pyw_visit visit = {.is_done = 1};
    pyw_problem problem;

    visit.status = walk(r, alias);
    describe_target(r, alias, &visit);
    if (visit.status == OK) {
        visit.status = check_access(r);
    }
    visit.lacks_execcgi = visit.status == OK && !pyw_mount_get(r) && !(ap_allow_options(r) & OPT_EXECCGI);
    if (!alias->is_module && pyw_obstacle_find(ap_make_dirstr_parent(request->pool, alias->target), &problem)) {
        copy_text(visit.obstacle, sizeof(visit.obstacle), problem.text);
    }
    (void)!write(fd, &visit, sizeof(visit));
}

void pyw_visit_alias(apr_pool_t *pool, server_rec *server, const pyw_alias *alias, pyw_visit *visit)
{
    const visit_request request = {pool, server, alias};

    memset(visit, 0, sizeof(*visit));
    if (!ask_child(make_visit, &request, visit, sizeof(*visit))) {
        visit->is_done = 0;
    }
}

/* The characters at which a pattern is no longer literal text. A quantifier may make the last character optional. */
static apr_size_t literal_length(const char *pattern)
{
    apr_size_t length = strcspn(pattern, "\\^$.[|()?*+{");

    return length > 0 && pattern[length] != '\0' && strchr("?*{", pattern[length]) ? length - 1 : length;
}

const char *pyw_visit_url(apr_pool_t *pool, const pyw_alias *alias)
{
    const char *pattern = alias->url, *url;

    if (!alias->regex) {
        return apr_pstrcat(pool, alias->url, alias->ends_with_slash ? "/" : "", NULL);
    }
    pattern += *pattern == '^';
    url = apr_pstrmemdup(pool, pattern, literal_length(pattern));
    return *url == '/' && !strpbrk(alias->target, "$\\") && ap_regexec(alias->regex, url, 0, NULL, 0) == 0 ? url : NULL;
}

static void find_obstacle(const void *argument, int fd)
{
    pyw_problem problem = {""};

    if (!pyw_obstacle_find(argument, &problem)) {
        problem.text[0] = '\0';
    }
    (void)!write(fd, &problem, sizeof(problem));
}

int pyw_visit_path(const char *path, char *text, size_t size)
{
    pyw_problem problem = {""};

    if (!ask_child(find_obstacle, path, &problem, sizeof(problem)) || !*problem.text) {
        return 1;
    }
    copy_text(text, size, problem.text);
    return 0;
}
