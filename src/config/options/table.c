/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/table.h"

#include <limits.h>
#include <string.h>

#include "base/suggest.h"

/* The part of an option, and the place of its member. */
#define HTTPD(member) PYW_PART_HTTPD, offsetof(pyw_group_options, httpd.member)
#define MANAGER(member) PYW_PART_MANAGER, offsetof(pyw_group_options, manager.member)
#define WORKER(member) PYW_PART_WORKER, offsetof(pyw_group_options, worker.member)
#define WITHOUT_EFFECT PYW_PART_HTTPD, PYW_NO_MEMBER

#define DAY_MS (24L * 60 * 60 * 1000)
#define MONTH_MS (30 * DAY_MS)
#define DECADE_MS (3653 * DAY_MS)
#define MIB (1024L * 1024)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

const pyw_option_rule pyw_option_rules[] = {
    {"processes", PYW_KIND_PROCESSES, MANAGER(processes), 0, 1000, 0, PYW_USE_LATER},
    {"threads", PYW_KIND_NUMBER, WORKER(threads), 0, 1000, 0, PYW_USE_START},
    {"user", PYW_KIND_TEXT, WORKER(user), 0, 0, 0, PYW_USE_START},
    {"group", PYW_KIND_TEXT, WORKER(group), 0, 0, 0, PYW_USE_START},
    {"supplementary-groups", PYW_KIND_TEXT, WORKER(supplementary_groups), 0, 0, 0, PYW_USE_START},
    {"umask", PYW_KIND_OCTAL, WORKER(umask), 0, 0777, 0, PYW_USE_START},
    {"chroot", PYW_KIND_PATH, WORKER(chroot), 0, 0, 0, PYW_USE_START},
    {"script-user", PYW_KIND_TEXT, HTTPD(script_user), 0, 0, 0, PYW_USE_LATER},
    {"script-group", PYW_KIND_TEXT, HTTPD(script_group), 0, 0, 0, PYW_USE_LATER},
    {"home", PYW_KIND_PATH, WORKER(home), 0, 0, 0, PYW_USE_START},
    {"python-home", PYW_KIND_PATH, WORKER(python_home), 0, 0, 0, PYW_USE_START},
    {"python-path", PYW_KIND_PATHS, WORKER(python_path), 0, 0, 0, PYW_USE_START},
    {"python-eggs", PYW_KIND_PATHS, HTTPD(python_eggs), 0, 0, 0, PYW_USE_START},
    {"switch-interval", PYW_KIND_SECONDS, HTTPD(switch_interval), 0, 0, 0, PYW_USE_START},
    {"server-metrics", PYW_KIND_SWITCH, HTTPD(server_metrics), 0, 1, 0, PYW_USE_START},
    {"lang", PYW_KIND_TEXT, WORKER(lang), 0, 0, 0, PYW_USE_START},
    {"locale", PYW_KIND_TEXT, WORKER(locale), 0, 0, 0, PYW_USE_START},
    {"display-name", PYW_KIND_TEXT, MANAGER(display_name), 0, 0, 0, PYW_USE_START},
    {"listen-backlog", PYW_KIND_NUMBER, WITHOUT_EFFECT, 0, 65535, 0, PYW_USE_LATER},
    {"socket-user", PYW_KIND_TEXT, WORKER(socket_user), 0, 0, 0, PYW_USE_START},
    {"connect-timeout", PYW_KIND_DURATION, WITHOUT_EFFECT, 0, DAY_MS, 0, PYW_USE_LATER},
    {"socket-timeout", PYW_KIND_DURATION, WORKER(socket_timeout), 0, DAY_MS, 0, PYW_USE_LIVE},
    {"shutdown-timeout", PYW_KIND_DURATION, WORKER(shutdown_timeout), 0, DAY_MS, 0, PYW_USE_LIVE},
    {"startup-timeout", PYW_KIND_DURATION, WORKER(startup_timeout), 0, DAY_MS, 0, PYW_USE_LATER},
    {"graceful-timeout", PYW_KIND_DURATION, MANAGER(graceful_timeout), 0, DAY_MS, 0, PYW_USE_LATER},
    {"eviction-timeout", PYW_KIND_DURATION, MANAGER(eviction_timeout), 0, DAY_MS, 0, PYW_USE_LATER},
    {"deadlock-timeout", PYW_KIND_DURATION, WORKER(deadlock_timeout), 0, DAY_MS, 0, PYW_USE_START},
    {"request-timeout", PYW_KIND_DURATION, HTTPD(request_timeout), 0, DAY_MS, 0, PYW_USE_LATER},
    {"interrupt", PYW_KIND_SWITCH, WORKER(interrupt), 0, 1, 0, PYW_USE_START},
    {"interrupt-timeout", PYW_KIND_DURATION, WORKER(interrupt_timeout), 0, DAY_MS, 0, PYW_USE_START},
    {"stack-size", PYW_KIND_SIZE, WORKER(stack_size), 64L * 1024, 4 * GIB, 0, PYW_USE_START},
    {"cpu-priority", PYW_KIND_NUMBER, WORKER(cpu_priority), -20, 20, 0, PYW_USE_START},
    {"send-buffer-size", PYW_KIND_SIZE, WORKER(send_buffer_size), 512, GIB, 0, PYW_USE_START},
    {"receive-buffer-size", PYW_KIND_SIZE, WORKER(receive_buffer_size), 512, GIB, 0, PYW_USE_START},
    {"header-buffer-size", PYW_KIND_SIZE, HTTPD(header_buffer_size), 8192, MIB, 0, PYW_USE_LATER},
    {"request-buffer", PYW_KIND_SIZE, HTTPD(request_buffer), 0, 64 * MIB, 0, PYW_USE_LATER},
    {"request-spool", PYW_KIND_SIZE, HTTPD(request_spool), 0, TIB, 0, PYW_USE_LATER},
    {"response-buffer", PYW_KIND_SIZE, HTTPD(response_buffer), 0, 64 * MIB, 0, PYW_USE_LATER},
    {"response-buffer-size", PYW_KIND_SIZE, HTTPD(response_buffer), 0, 64 * MIB, 0, PYW_USE_LATER},
    {"response-spool", PYW_KIND_SIZE, HTTPD(response_spool), 0, TIB, 0, PYW_USE_LATER},
    {"maximum-requests", PYW_KIND_NUMBER, MANAGER(maximum_requests), 0, 1000L * 1000 * 1000, 0, PYW_USE_LATER},
    {"maximum-requests-jitter", PYW_KIND_PERCENT, MANAGER(maximum_requests_jitter), 0, 90, 0, PYW_USE_LATER},
    {"restart-interval", PYW_KIND_DURATION, MANAGER(restart_interval), 0, DECADE_MS, 0, PYW_USE_LATER},
    {"restart-interval-jitter", PYW_KIND_PERCENT, MANAGER(restart_interval_jitter), 0, 90, 0, PYW_USE_LATER},
    {"memory-recycle", PYW_KIND_SIZE, WORKER(memory_recycle), MIB, TIB, 0, PYW_USE_START},
    {"cpu-time-limit", PYW_KIND_DURATION, MANAGER(cpu_time_limit), 0, DECADE_MS, 0, PYW_USE_LATER},
    {"inactivity-timeout", PYW_KIND_DURATION, MANAGER(inactivity_timeout), 0, DECADE_MS, 0, PYW_USE_LATER},
    {"memory-limit", PYW_KIND_SIZE, WORKER(memory_limit), 16 * MIB, TIB, 0, PYW_USE_START},
    {"virtual-memory-limit", PYW_KIND_SIZE, WORKER(virtual_memory_limit), 64 * MIB, 1024 * TIB, 0, PYW_USE_START},
    {"process-limit", PYW_KIND_NUMBER, WORKER(process_limit), 0, 4L * 1000 * 1000, 0, PYW_USE_START},
    {"file-limit", PYW_KIND_NUMBER, WORKER(file_limit), 0, MIB, 0, PYW_USE_START},
    {"core-limit", PYW_KIND_SIZE, WORKER(core_limit), 0, TIB, 0, PYW_USE_START},
    {"scale-after", PYW_KIND_DURATION, MANAGER(scale_after), 1, DAY_MS, 0, PYW_USE_LATER},
    {"scale-idle", PYW_KIND_DURATION, MANAGER(scale_idle), 1000, MONTH_MS, 0, PYW_USE_LATER},
    {"memory-budget", PYW_KIND_SIZE, MANAGER(memory_budget), 16 * MIB, TIB, 0, PYW_USE_LATER},
    {"cgroup", PYW_KIND_PATH, MANAGER(cgroup), 0, 0, 0, PYW_USE_START},
    {"preload", PYW_KIND_SWITCH, MANAGER(preload), 0, 1, 0, PYW_USE_START},
    {"reload-on", PYW_KIND_FILES, MANAGER(reload_on), 0, 0, 0, PYW_USE_LATER},
    {"warmup", PYW_KIND_PATH, WORKER(warmup), 0, 0, 0, PYW_USE_LATER},
    {"reload-at-restart", PYW_KIND_RELOAD, WORKER(reload_at_restart), 0, 2, 0, PYW_USE_LATER},
    {"reload-exclude", PYW_KIND_TEXT, WORKER(reload_exclude), 0, 0, 0, PYW_USE_START},
    {"reload-overlap", PYW_KIND_NUMBER, MANAGER(reload_overlap), 1, 1000, 0, PYW_USE_LATER},
    {"queue-limit", PYW_KIND_NUMBER, HTTPD(queue_limit), 0, 10000, 0, PYW_USE_LATER},
    {"queue-timeout", PYW_KIND_DURATION, HTTPD(queue_timeout), 0, DAY_MS, 0, PYW_USE_LATER},
    {"reserve", PYW_KIND_NUMBER, HTTPD(reserve), 0, 1000, 0, PYW_USE_LATER},
    {"env", PYW_KIND_ENV, WORKER(env), 0, 0, 0, PYW_USE_START},
    {"env-file", PYW_KIND_ENV_FILE, WORKER(env), 0, 0, 0, PYW_USE_START},

    {"response-flush-delay", PYW_KIND_IGNORED, HTTPD(warnings), 0, 0, 0, PYW_USE_LATER},
    {"response-socket-timeout", PYW_KIND_IGNORED, HTTPD(warnings), 0, 0, 0, PYW_USE_LATER},
    {"newrelic-config-file", PYW_KIND_IGNORED, HTTPD(warnings), 0, 0, 0, PYW_USE_LATER},
    {"newrelic-environment", PYW_KIND_IGNORED, HTTPD(warnings), 0, 0, 0, PYW_USE_LATER},

    {"name", PYW_KIND_TEXT, PYW_PART_WORKER, offsetof(pyw_group_options, name), 0, 0, 1, PYW_USE_START},
    {"maximum-processes", PYW_KIND_NUMBER, WORKER(processes), 0, 1000, 1, PYW_USE_LATER},
    {"multiprocess", PYW_KIND_NUMBER, WORKER(multiprocess), 0, 1, 1, PYW_USE_START},
    {"engine", PYW_KIND_PATH, WORKER(engine), 0, 0, 1, PYW_USE_START},
    {"engine-stamp", PYW_KIND_TEXT, MANAGER(engine_stamp), 0, 0, 1, PYW_USE_START},
    {"log-level", PYW_KIND_NUMBER, WORKER(log_level), 0, 15, 1, PYW_USE_LIVE},
    {"import", PYW_KIND_APPLICATION, WORKER(imports), 0, 0, 1, PYW_USE_START},
    {"python-setting", PYW_KIND_PYTHON, WORKER(python_settings), 0, 0, 1, PYW_USE_START},
    {"worker-list-index", PYW_KIND_NUMBER, MANAGER(worker_list_index), 0, INT_MAX, 1, PYW_USE_START},
    {"worker-list-use", PYW_KIND_NUMBER, MANAGER(worker_list_use), 0, INT_MAX, 1, PYW_USE_START},
    {"application", PYW_KIND_APPLICATION, WORKER(applications), 0, 0, 1, PYW_USE_START},
    {.name = NULL},
};

enum { RULES = sizeof(pyw_option_rules) / sizeof(pyw_option_rules[0]) };

const pyw_option_rule *pyw_option_rule_find(const char *name, int internal)
{
    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (strcmp(rule->name, name) == 0 && (internal || !rule->is_internal)) {
            return rule;
        }
    }
    return NULL;
}

/* Names of gunicorn, uWSGI, Passenger and others for the same option, which differ too much in their spelling. */
static const struct {
    const char *name;
    const char *meant;
} synonyms[] = {
    {"venv", "python-home"},
    {"virtualenv", "python-home"},
    {"python", "python-home"},
    {"path", "python-path"},
    {"pythonpath", "python-path"},
    {"workers", "processes"},
    {"chdir", "home"},
    {"directory", "home"},
    {"uid", "user"},
    {"gid", "group"},
    {"timeout", "request-timeout"},
    {"max-requests", "maximum-requests"},
    {"harakiri", "request-timeout"},
    {"environment", "env"},
    {"title", "display-name"},
};

enum { SYNONYMS = sizeof(synonyms) / sizeof(synonyms[0]) };

const char *pyw_option_suggest(const char *name)
{
    const char *names[RULES];
    int count = 0;

    for (int i = 0; i < SYNONYMS; i++) {
        if (strcmp(synonyms[i].name, name) == 0) {
            return synonyms[i].meant;
        }
    }
    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (!rule->is_internal && rule->kind != PYW_KIND_IGNORED) {
            names[count++] = rule->name;
        }
    }
    names[count] = NULL;
    return pyw_suggest(name, names);
}
