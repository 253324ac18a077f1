/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_CONFIG_H
#define PYW_CONFIG_CONFIG_H

/*
 * The module's configuration, as the directives set it and as httpd's children and parent use it. Everything lives in
 * pconf (dir configs of .htaccess: in the request's pool) and is read-only after check_config has run.
 */

#include <apr_hash.h>
#include <httpd.h>
#include <http_config.h>

#include "base/python_setting.h"
#include "config/options/group_options.h"

/* The only symbol that httpd looks up. */
extern module AP_MODULE_DECLARE_DATA pywsgi_module __attribute__((visibility("default")));

/* On, Off, or unset: the outer scope decides. */
typedef enum { PYW_UNSET = -1, PYW_OFF = 0, PYW_ON = 1, PYW_AUTO = 2 } pyw_switch;

/* WSGIScriptAlias, WSGIScriptAliasMatch, WSGIAppAlias. */
typedef struct pyw_alias {
    const char *url;         /* prefix without trailing slash ("" for "/"), or the regex's text */
    int ends_with_slash;     /* the prefix as it was written: "/wiki/" does not match "/wiki" */
    const ap_regex_t *regex; /* WSGIScriptAliasMatch only */
    const char *target;      /* file or directory, may hold $n; a dotted module name with is_module */
    int is_module;
    const char *process_group; /* options; NULL: not given */
    const char *application_group;
    const char *callable_object; /* is_module: the part after the colon, never NULL */
    pyw_switch pass_authorization;
} pyw_alias;

/* A script with functions that httpd calls: WSGIAuthUserScript, WSGIAccessScript and others. */
typedef struct pyw_script {
    const char *path;
    const char *process_group;     /* as written; NULL: embedded */
    const char *application_group; /* as written; NULL: the main interpreter */
    pyw_switch pass_authorization; /* WSGIHandlerScript only; unset: WSGIPassAuthorization */
    int is_htaccess;               /* the directive is in .htaccess, whose author may not choose every group */
} pyw_script;

/* Settings of <Directory>, <Location>, <Files>, .htaccess; at server level they are the defaults of the server. */
typedef struct pyw_dir_config {
    const char *process_group;     /* as written, "%{GLOBAL}", "%{ENV:x}" ...; NULL: unset, which means embedded */
    const char *application_group; /* NULL: unset, which means "%{RESOURCE}" */
    const char *callable_object;   /* NULL: unset, which means "application" */
    pyw_switch pass_authorization; /* default Off */
    pyw_switch script_reloading;   /* default On */
    pyw_switch chunked_request;    /* Off refuses chunked bodies with 411; default On */
    pyw_switch map_head_to_get;    /* default Auto */
    pyw_switch error_override;     /* default Off */
    pyw_switch enable_sendfile;    /* default: as EnableSendfile */
    pyw_switch response_buffering; /* default On */
    pyw_switch interrupts_gone;    /* WSGIClientGone: On is Interrupt; default Off, Ignore */
    apr_interval_time_t request_timeout; /* 0: no limit; -1: unset, the group's option decides */
    pyw_switch status;                   /* WSGIStatus; default Off */
    pyw_switch status_hides_query;       /* WSGIStatus On hide-query */
    pyw_switch pass_apache_request;      /* default Off */
    pyw_switch ignore_activity;          /* default Off */
    pyw_switch priority;                 /* WSGIPriority: On is High; default Normal */
    int concurrency;                     /* WSGIConcurrency: maximum of running requests; 0: no limit; -1: unset */
    int concurrency_location;            /* the number of the scope that sets it, 1 ... 63 */
    apr_array_header_t *trusted_proxies; /* elements: apr_ipsubnet_t *; NULL: unset, every proxy is trusted */
    apr_array_header_t *trusted_proxy_headers; /* elements: const pyw_proxy_header *; NULL: unset, none is read */
    const pyw_script *access_script;           /* WSGIAccessScript; NULL: none, as in the next members */
    const pyw_script *auth_user_script;        /* WSGIAuthUserScript */
    const pyw_script *auth_group_script;       /* WSGIAuthGroupScript */
    const pyw_script *dispatch_script;         /* WSGIDispatchScript */
    apr_hash_t *handler_scripts; /* WSGIHandlerScript: name of a handler -> const pyw_script *; NULL: none */
    /* WSGIRestrictProcess: const char *, the process groups that may be used ("" is embedded); NULL: all */
    const apr_array_header_t *restrict_process;
} pyw_dir_config;

/* A defined process group. */
typedef struct pyw_group {
    pyw_group_options *options;
    server_rec *server;          /* the first to define the group: its ErrorLog is the group's log */
    apr_array_header_t *servers; /* elements: server_rec *, all that define it; only their ServerNames may use it */
    const char *defined_at;      /* "file:line" */
    _Atomic int64_t *scoreboard_sent_at; /* of this child: httpd/scoreboard.h */
    /* Set by pyw_shared_memory_prepare. */
    struct pyw_slots *slots;
    const struct pyw_worker_list_group *worker_list;
} pyw_group;

/* Placeholders that WSGIProcessGroup and WSGIApplicationGroup replace by a value of the request. */
#define PYW_GROUP_VARIABLES "%{GLOBAL}, %{RESOURCE}, %{SERVER}, %{HOST} and %{ENV:name}"

/* A WSGIProcessGroup or process-group= whose value is literal, so that the group should exist. */
typedef struct pyw_group_use {
    const char *name; /* "": embedded */
    const char *directive;
    const char *place; /* "file:line" */
    server_rec *server;
} pyw_group_use;

/* WSGIImportScript. */
typedef struct pyw_import {
    const char *path;
    const char *process_group;     /* a name, or "%{GLOBAL}" */
    const char *application_group; /* a name, "%{GLOBAL}" or "%{SERVER}"; NULL: unset, which means "%{GLOBAL}" */
    const char *place;             /* "file:line" */
    server_rec *server;
} pyw_import;

/* A directive such as WSGIPythonOptimize, at the top level or in <WSGIInterpreterOptions>. */
typedef struct pyw_scoped_setting {
    pyw_python_setting setting;
    const char *process_group; /* "": httpd's children; NULL: all processes */
    int specificity;           /* 0: at the top level; 1 + the number of the section's selectors */
    const char *place;         /* "file:line" of the section; NULL: at the top level */
} pyw_scoped_setting;

/* WSGIJSONLog. */
typedef struct pyw_json_log {
    const char *target; /* an absolute path, or "|program" */
    int fd;             /* -1: not open */
} pyw_json_log;

typedef struct pyw_server_config {
    apr_array_header_t *aliases;          /* elements: pyw_alias, in the order of the configuration */
    pyw_json_log *json_log;               /* NULL: none */
    const char *request_id_header;        /* WSGIRequestIdHeader; NULL: none */
    _Atomic(struct pyw_series *) *series; /* of this server, see httpd/metrics; allocated in each child */
    /* Set if a section such as <Directory> sets it, so that the value for a mount depends on the request: */
    int has_group_sections;
    int has_callable_sections;
    /* Only set for the main server: */
    apr_array_header_t *uses;                    /* elements: pyw_group_use, of all servers */
    apr_array_header_t *imports;                 /* elements: pyw_import, of all servers */
    apr_array_header_t *python_settings;         /* elements: pyw_scoped_setting, in the order of the configuration */
    const pyw_scoped_setting *section;           /* the <WSGIInterpreterOptions> that is being read; NULL: none */
    const pyw_python_setting *embedded_settings; /* ends with a name of NULL; set by pyw_config_check */
    int server_metrics;                          /* WSGIServerMetrics; set by pyw_config_check */
    apr_array_header_t *embedded_imports;        /* elements: const pyw_application_option *; set by pyw_config_check */
    apr_array_header_t *warnings;                /* elements: const char *, messages for the start of httpd ... */
    apr_array_header_t *notices;                 /* ... that are logged at level info only */
    apr_array_header_t *groups;                  /* elements: pyw_group *, of all servers */
    pyw_secrets *secrets;                        /* values of env= and env-file= of all groups; NULL: there are none */
    int has_secrets_in_text;     /* env= occurs, so httpd's copy of the configuration contains secrets */
    const char *python_home;     /* WSGIPythonHome */
    const char *python_path;     /* WSGIPythonPath */
    const char *socket_prefix;   /* WSGISocketPrefix, absolute; NULL: DefaultRuntimeDir/pywsgi */
    const char *daemon_program;  /* WSGIDaemonProgram, absolute; NULL: pywsgid beside the module */
    const char *temp_directory;  /* WSGITempDir, absolute; NULL: APR's, which each child of httpd determines */
    const char *engine_path;     /* WSGIEnginePath, absolute directory; NULL: the module's directory */
    const char *embedded_engine; /* the engine of embedded mode; set by pyw_config_check; NULL: none */
    int has_embedded_scripts;    /* a pyw_script runs in httpd's children, even with WSGIRestrictEmbedded On */
    pyw_switch restrict_embedded;
    pyw_switch batch_scheduling;  /* default On */
    pyw_switch check;             /* default Off: configtest does not start applications */
    int concurrency_locations;    /* the number of WSGIConcurrency directives */
    const char *socket_directory; /* "<prefix>.<pid of httpd's parent>"; set by pyw_config_check */
} pyw_server_config;

void *pyw_config_create_server(apr_pool_t *pool, server_rec *server);
void *pyw_config_merge_server(apr_pool_t *pool, void *base, void *overriding);
void *pyw_config_create_dir(apr_pool_t *pool, char *directory);
void *pyw_config_merge_dir(apr_pool_t *pool, void *base, void *overriding);

pyw_server_config *pyw_config_server(const server_rec *server);
/* The configuration of the main server. */
pyw_server_config *pyw_config_main(void);
pyw_dir_config *pyw_config_request(const request_rec *r);

/* The time limit of a request; `group` NULL: embedded. 0: no limit. */
apr_interval_time_t pyw_config_request_timeout(const pyw_dir_config *config, const pyw_group *group);

/*
 * The group `name` as seen from `server`. NULL if there is none; then *elsewhere is a group of that name that belongs
 * to another ServerName, or NULL.
 */
const pyw_group *pyw_config_find_group(const server_rec *server, const char *name, const pyw_group **elsewhere);

/* A path of the file system as the group's workers see it, which have another root with chroot=. May be `path`. */
const char *pyw_config_path_in_group(const pyw_group *group, const char *path);

/* The directory this module was loaded from (dladdr). */
const char *pyw_config_module_directory(apr_pool_t *pool);

/*
 * The value of WSGIApplicationGroup %{RESOURCE}: the server's name, its port unless that is 80 or 443, "|", and the
 * mount point.
 */
const char *pyw_config_resource_name(apr_pool_t *pool, const server_rec *server, apr_port_t port,
                                     const char *script_name);

/*
 * The port of a server, from its ServerName, otherwise from its address, otherwise the first port that httpd listens
 * to.
 */
apr_port_t pyw_config_server_port(const server_rec *server);

/* %{SERVER} and %{HOST}: `host`, with the port unless that is 80 or 443. */
const char *pyw_config_host_name(apr_pool_t *pool, const char *host, apr_port_t port);

/*
 * Whether an alias, handler or setting of the configuration makes an application run embedded. Only in that case do
 * httpd's children start Python before the first request.
 */
int pyw_config_wants_embedded(server_rec *main_server);

#endif
