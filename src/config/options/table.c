/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/table.h"

#include <limits.h>
#include <string.h>

#include "config/options/suggest.h"

#define AT(member) offsetof(pyw_group_options, member)
#define DAY_MS (24L * 60 * 60 * 1000)
#define MONTH_MS (30 * DAY_MS)
#define MIB (1024L * 1024)
#define GIB (1024L * 1024 * 1024)

const pyw_option_rule pyw_option_rules[] = {
    {"processes", PYW_KIND_PROCESSES, AT(processes), 0, 1000, 0, PYW_USE_MANAGER},
    {"threads", PYW_KIND_NUMBER, AT(threads), 0, 1000, 0, PYW_USE_START},
    {"user", PYW_KIND_TEXT, AT(user), 0, 0, 0, PYW_USE_START},
    {"group", PYW_KIND_TEXT, AT(group), 0, 0, 0, PYW_USE_START},
    {"supplementary-groups", PYW_KIND_TEXT, AT(supplementary_groups), 0, 0, 0, PYW_USE_START},
    {"umask", PYW_KIND_OCTAL, AT(umask), 0, 0777, 0, PYW_USE_START},
    {"home", PYW_KIND_PATH, AT(home), 0, 0, 0, PYW_USE_START},
    {"python-home", PYW_KIND_PATH, AT(python_home), 0, 0, 0, PYW_USE_START},
    {"python-path", PYW_KIND_PATHS, AT(python_path), 0, 0, 0, PYW_USE_START},
    {"lang", PYW_KIND_TEXT, AT(lang), 0, 0, 0, PYW_USE_START},
    {"locale", PYW_KIND_TEXT, AT(locale), 0, 0, 0, PYW_USE_START},
    {"display-name", PYW_KIND_TEXT, AT(display_name), 0, 0, 0, PYW_USE_START},
    {"listen-backlog", PYW_KIND_NUMBER, AT(listen_backlog), 1, 65535, 0, PYW_USE_HTTPD},
    {"socket-user", PYW_KIND_TEXT, AT(socket_user), 0, 0, 0, PYW_USE_START},
    {"connect-timeout", PYW_KIND_DURATION, AT(connect_timeout), 1, DAY_MS, 0, PYW_USE_HTTPD},
    {"socket-timeout", PYW_KIND_DURATION, AT(socket_timeout), 0, DAY_MS, 0, PYW_USE_LIVE},
    {"shutdown-timeout", PYW_KIND_DURATION, AT(shutdown_timeout), 0, DAY_MS, 0, PYW_USE_LIVE},
    {"startup-timeout", PYW_KIND_DURATION, AT(startup_timeout), 0, DAY_MS, 0, PYW_USE_MANAGER},
    {"graceful-timeout", PYW_KIND_DURATION, AT(graceful_timeout), 0, DAY_MS, 0, PYW_USE_MANAGER},
    {"deadlock-timeout", PYW_KIND_DURATION, AT(deadlock_timeout), 0, DAY_MS, 0, PYW_USE_START},
    {"request-timeout", PYW_KIND_DURATION, AT(request_timeout), 0, DAY_MS, 0, PYW_USE_HTTPD},
    {"interrupt", PYW_KIND_SWITCH, AT(interrupt), 0, 1, 0, PYW_USE_START},
    {"interrupt-timeout", PYW_KIND_DURATION, AT(interrupt_timeout), 0, DAY_MS, 0, PYW_USE_START},
    {"stack-size", PYW_KIND_SIZE, AT(stack_size), 64L * 1024, 4 * GIB, 0, PYW_USE_START},
    {"cpu-priority", PYW_KIND_NUMBER, AT(cpu_priority), -20, 20, 0, PYW_USE_START},
    {"send-buffer-size", PYW_KIND_SIZE, AT(send_buffer_size), 512, GIB, 0, PYW_USE_START},
    {"receive-buffer-size", PYW_KIND_SIZE, AT(receive_buffer_size), 512, GIB, 0, PYW_USE_START},
    {"request-buffer", PYW_KIND_SIZE, AT(request_buffer), 0, 64 * MIB, 0, PYW_USE_HTTPD},
    {"request-spool", PYW_KIND_SIZE, AT(request_spool), 0, 1024 * GIB, 0, PYW_USE_HTTPD},
    {"response-buffer", PYW_KIND_SIZE, AT(response_buffer), 0, 64 * MIB, 0, PYW_USE_HTTPD},
    {"response-spool", PYW_KIND_SIZE, AT(response_spool), 0, 1024 * GIB, 0, PYW_USE_HTTPD},
    {"maximum-requests", PYW_KIND_NUMBER, AT(maximum_requests), 0, 1000L * 1000 * 1000, 0, PYW_USE_MANAGER},
    {"maximum-requests-jitter", PYW_KIND_PERCENT, AT(maximum_requests_jitter), 0, 90, 0, PYW_USE_MANAGER},
    {"restart-interval", PYW_KIND_DURATION, AT(restart_interval), 0, MONTH_MS, 0, PYW_USE_MANAGER},
    {"restart-interval-jitter", PYW_KIND_PERCENT, AT(restart_interval_jitter), 0, 90, 0, PYW_USE_MANAGER},
    {"memory-recycle", PYW_KIND_SIZE, AT(memory_recycle), MIB, 1024 * GIB, 0, PYW_USE_START},
    {"cpu-time-limit", PYW_KIND_DURATION, AT(cpu_time_limit), 0, MONTH_MS, 0, PYW_USE_MANAGER},
    {"inactivity-timeout", PYW_KIND_DURATION, AT(inactivity_timeout), 0, MONTH_MS, 0, PYW_USE_MANAGER},
    {"memory-limit", PYW_KIND_SIZE, AT(memory_limit), 16 * MIB, 1024 * GIB, 0, PYW_USE_START},
    {"virtual-memory-limit", PYW_KIND_SIZE, AT(virtual_memory_limit), 64 * MIB, 1024 * (1024 * GIB), 0, PYW_USE_START},
    {"process-limit", PYW_KIND_NUMBER, AT(process_limit), 0, 4L * 1000 * 1000, 0, PYW_USE_START},
    {"file-limit", PYW_KIND_NUMBER, AT(file_limit), 0, MIB, 0, PYW_USE_START},
    {"core-limit", PYW_KIND_SIZE, AT(core_limit), 0, 1024 * GIB, 0, PYW_USE_START},
    {"scale-after", PYW_KIND_DURATION, AT(scale_after), 1, DAY_MS, 0, PYW_USE_MANAGER},
    {"scale-idle", PYW_KIND_DURATION, AT(scale_idle), 1000, MONTH_MS, 0, PYW_USE_MANAGER},
    {"memory-budget", PYW_KIND_SIZE, AT(memory_budget), 16 * MIB, 1024 * GIB, 0, PYW_USE_MANAGER},
    {"cgroup", PYW_KIND_PATH, AT(cgroup), 0, 0, 0, PYW_USE_START},
    {"preload", PYW_KIND_SWITCH, AT(preload), 0, 1, 0, PYW_USE_START},
    {"reload-on", PYW_KIND_FILES, AT(reload_on), 0, 0, 0, PYW_USE_MANAGER},
    {"warmup", PYW_KIND_PATH, AT(warmup), 0, 0, 0, PYW_USE_MANAGER},
    {"reload-overlap", PYW_KIND_NUMBER, AT(reload_overlap), 1, 1000, 0, PYW_USE_MANAGER},
    {"queue-limit", PYW_KIND_NUMBER, AT(queue_limit), 0, 10000, 0, PYW_USE_HTTPD},
    {"queue-timeout", PYW_KIND_DURATION, AT(queue_timeout), 0, DAY_MS, 0, PYW_USE_HTTPD},
    {"reserve", PYW_KIND_NUMBER, AT(reserve), 0, 1000, 0, PYW_USE_HTTPD},
    {"env", PYW_KIND_ENV, AT(env), 0, 0, 0, PYW_USE_START},
    {"env-file", PYW_KIND_ENV_FILE, AT(env), 0, 0, 0, PYW_USE_START},

    {"eviction-timeout", PYW_KIND_IGNORED, 0, 0, 0, 0, PYW_USE_HTTPD},
    {"header-buffer-size", PYW_KIND_IGNORED, 0, 0, 0, 0, PYW_USE_HTTPD},
    {"python-eggs", PYW_KIND_IGNORED, 0, 0, 0, 0, PYW_USE_HTTPD},
    {"response-buffer-size", PYW_KIND_IGNORED, 0, 0, 0, 0, PYW_USE_HTTPD},
    {"response-flush-delay", PYW_KIND_IGNORED, 0, 0, 0, 0, PYW_USE_HTTPD},
    {"response-socket-timeout", PYW_KIND_IGNORED, 0, 0, 0, 0, PYW_USE_HTTPD},
    {"server-metrics", PYW_KIND_IGNORED, 0, 0, 0, 0, PYW_USE_HTTPD},
    {"switch-interval", PYW_KIND_IGNORED, 0, 0, 0, 0, PYW_USE_HTTPD},

    {"name", PYW_KIND_TEXT, AT(name), 0, 0, 1, PYW_USE_START},
    {"multiprocess", PYW_KIND_NUMBER, AT(multiprocess), 0, 1, 1, PYW_USE_START},
    {"engine", PYW_KIND_PATH, AT(engine), 0, 0, 1, PYW_USE_START},
    {"engine-stamp", PYW_KIND_TEXT, AT(engine_stamp), 0, 0, 1, PYW_USE_START},
    {"log-level", PYW_KIND_NUMBER, AT(log_level), 0, 15, 1, PYW_USE_LIVE},
    {"import", PYW_KIND_APPLICATION, AT(imports), 0, 0, 1, PYW_USE_START},
    {"worker-list-index", PYW_KIND_NUMBER, AT(worker_list_index), 0, INT_MAX, 1, PYW_USE_START},
    {"worker-list-use", PYW_KIND_NUMBER, AT(worker_list_use), 0, INT_MAX, 1, PYW_USE_START},
    {"application", PYW_KIND_APPLICATION, AT(applications), 0, 0, 1, PYW_USE_START},
    {NULL, PYW_KIND_TEXT, 0, 0, 0, 1, PYW_USE_START},
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

const char *pyw_option_suggest(const char *name)
{
    const char *names[RULES];
    int count = 0;

    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (!rule->is_internal && rule->kind != PYW_KIND_IGNORED) {
            names[count++] = rule->name;
        }
    }
    names[count] = NULL;
    return pyw_suggest(name, names);
}
