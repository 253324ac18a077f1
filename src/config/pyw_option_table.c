/* SPDX-License-Identifier: Apache-2.0 */
#include "config/pyw_option_table.h"

#include <limits.h>
#include <string.h>

#include "config/pyw_suggest.h"

#define AT(member) offsetof(pyw_group_options, member)
#define DAY_MS (24L * 60 * 60 * 1000)
#define MONTH_MS (30 * DAY_MS)
#define MIB (1024L * 1024)
#define GIB (1024L * 1024 * 1024)

const pyw_option_rule pyw_option_rules[] = {
    {"processes", PYW_KIND_PROCESSES, AT(processes), 0, 1000, 0},
    {"threads", PYW_KIND_NUMBER, AT(threads), 0, 1000, 0},
    {"user", PYW_KIND_TEXT, AT(user), 0, 0, 0},
    {"group", PYW_KIND_TEXT, AT(group), 0, 0, 0},
    {"supplementary-groups", PYW_KIND_TEXT, AT(supplementary_groups), 0, 0, 0},
    {"umask", PYW_KIND_OCTAL, AT(umask), 0, 0777, 0},
    {"home", PYW_KIND_PATH, AT(home), 0, 0, 0},
    {"python-home", PYW_KIND_PATH, AT(python_home), 0, 0, 0},
    {"python-path", PYW_KIND_PATHS, AT(python_path), 0, 0, 0},
    {"lang", PYW_KIND_TEXT, AT(lang), 0, 0, 0},
    {"locale", PYW_KIND_TEXT, AT(locale), 0, 0, 0},
    {"display-name", PYW_KIND_TEXT, AT(display_name), 0, 0, 0},
    {"listen-backlog", PYW_KIND_NUMBER, AT(listen_backlog), 1, 65535, 0},
    {"socket-user", PYW_KIND_TEXT, AT(socket_user), 0, 0, 0},
    {"connect-timeout", PYW_KIND_DURATION, AT(connect_timeout), 1, DAY_MS, 0},
    {"socket-timeout", PYW_KIND_DURATION, AT(socket_timeout), 0, DAY_MS, 0},
    {"shutdown-timeout", PYW_KIND_DURATION, AT(shutdown_timeout), 0, DAY_MS, 0},
    {"startup-timeout", PYW_KIND_DURATION, AT(startup_timeout), 0, DAY_MS, 0},
    {"graceful-timeout", PYW_KIND_DURATION, AT(graceful_timeout), 0, DAY_MS, 0},
    {"deadlock-timeout", PYW_KIND_DURATION, AT(deadlock_timeout), 0, DAY_MS, 0},
    {"request-timeout", PYW_KIND_DURATION, AT(request_timeout), 0, DAY_MS, 0},
    {"interrupt", PYW_KIND_SWITCH, AT(interrupt), 0, 1, 0},
    {"interrupt-timeout", PYW_KIND_DURATION, AT(interrupt_timeout), 0, DAY_MS, 0},
    {"stack-size", PYW_KIND_SIZE, AT(stack_size), 64 * 1024, 4 * GIB, 0},
    {"cpu-priority", PYW_KIND_NUMBER, AT(cpu_priority), -20, 20, 0},
    {"send-buffer-size", PYW_KIND_SIZE, AT(send_buffer_size), 512, GIB, 0},
    {"receive-buffer-size", PYW_KIND_SIZE, AT(receive_buffer_size), 512, GIB, 0},
    {"request-buffer", PYW_KIND_SIZE, AT(request_buffer), 0, 64 * MIB, 0},
    {"request-spool", PYW_KIND_SIZE, AT(request_spool), 0, 1024 * GIB, 0},
    {"response-buffer", PYW_KIND_SIZE, AT(response_buffer), 0, 64 * MIB, 0},
    {"response-spool", PYW_KIND_SIZE, AT(response_spool), 0, 1024 * GIB, 0},
    {"maximum-requests", PYW_KIND_NUMBER, AT(maximum_requests), 0, 1000 * 1000 * 1000, 0},
    {"maximum-requests-jitter", PYW_KIND_PERCENT, AT(maximum_requests_jitter), 0, 90, 0},
    {"restart-interval", PYW_KIND_DURATION, AT(restart_interval), 0, MONTH_MS, 0},
    {"restart-interval-jitter", PYW_KIND_PERCENT, AT(restart_interval_jitter), 0, 90, 0},
    {"memory-recycle", PYW_KIND_SIZE, AT(memory_recycle), MIB, 1024 * GIB, 0},
    {"cpu-time-limit", PYW_KIND_DURATION, AT(cpu_time_limit), 0, MONTH_MS, 0},
    {"inactivity-timeout", PYW_KIND_DURATION, AT(inactivity_timeout), 0, MONTH_MS, 0},
    {"memory-limit", PYW_KIND_SIZE, AT(memory_limit), 16 * MIB, 1024 * GIB, 0},
    {"virtual-memory-limit", PYW_KIND_SIZE, AT(virtual_memory_limit), 64 * MIB, 1024 * 1024 * GIB, 0},
    {"process-limit", PYW_KIND_NUMBER, AT(process_limit), 0, 4 * 1000 * 1000, 0},
    {"file-limit", PYW_KIND_NUMBER, AT(file_limit), 0, 1024 * 1024, 0},
    {"core-limit", PYW_KIND_SIZE, AT(core_limit), 0, 1024 * GIB, 0},
    {"scale-after", PYW_KIND_DURATION, AT(scale_after), 1, DAY_MS, 0},
    {"scale-idle", PYW_KIND_DURATION, AT(scale_idle), 1000, MONTH_MS, 0},
    {"memory-budget", PYW_KIND_SIZE, AT(memory_budget), 16 * MIB, 1024 * GIB, 0},
    {"cgroup", PYW_KIND_PATH, AT(cgroup), 0, 0, 0},
    {"preload", PYW_KIND_SWITCH, AT(preload), 0, 1, 0},
    {"reload-on", PYW_KIND_FILES, AT(reload_on), 0, 0, 0},
    {"warmup", PYW_KIND_PATH, AT(warmup), 0, 0, 0},
    {"reload-overlap", PYW_KIND_NUMBER, AT(reload_overlap), 1, 1000, 0},
    {"queue-limit", PYW_KIND_NUMBER, AT(queue_limit), 0, 10 * 1000, 0},
    {"queue-timeout", PYW_KIND_DURATION, AT(queue_timeout), 0, DAY_MS, 0},
    {"reserve", PYW_KIND_NUMBER, AT(reserve), 0, 1000, 0},
    {"env", PYW_KIND_ENV, AT(env), 0, 0, 0},
    {"env-file", PYW_KIND_ENV_FILE, AT(env), 0, 0, 0},

    {"eviction-timeout", PYW_KIND_IGNORED, 0, 0, 0, 0},
    {"header-buffer-size", PYW_KIND_IGNORED, 0, 0, 0, 0},
    {"python-eggs", PYW_KIND_IGNORED, 0, 0, 0, 0},
    {"response-buffer-size", PYW_KIND_IGNORED, 0, 0, 0, 0},
    {"response-flush-delay", PYW_KIND_IGNORED, 0, 0, 0, 0},
    {"response-socket-timeout", PYW_KIND_IGNORED, 0, 0, 0, 0},
    {"server-metrics", PYW_KIND_IGNORED, 0, 0, 0, 0},
    {"switch-interval", PYW_KIND_IGNORED, 0, 0, 0, 0},

    {"name", PYW_KIND_TEXT, AT(name), 0, 0, 1},
    {"multiprocess", PYW_KIND_NUMBER, AT(multiprocess), 0, 1, 1},
    {"engine", PYW_KIND_PATH, AT(engine), 0, 0, 1},
    {"engine-stamp", PYW_KIND_TEXT, AT(engine_stamp), 0, 0, 1},
    {"log-level", PYW_KIND_NUMBER, AT(log_level), 0, 15, 1},
    {"import", PYW_KIND_APPLICATION, AT(imports), 0, 0, 1},
    {"roster-index", PYW_KIND_NUMBER, AT(roster_index), 0, 1023, 1},
    {"roster-use", PYW_KIND_NUMBER, AT(roster_use), 0, INT_MAX, 1},
    {"application", PYW_KIND_APPLICATION, AT(applications), 0, 0, 1},
    {NULL, PYW_KIND_TEXT, 0, 0, 0, 1},
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
