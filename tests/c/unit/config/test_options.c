/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/options/options.h"
#include "config/options/table.h"
#include "test_pool.h"

static int make_options(void **state)
{
    if (pyw_test_pool_create(state) != 0) {
        return 1;
    }
    *state = pyw_options_create(pool, "blog");
    return 0;
}

static void set(pyw_group_options *options, const char *name, const char *value)
{
    const char *error = pyw_options_set(options, pool, name, value);

    if (error != NULL) {
        fail_msg("%s=%s: %s", name, value, error);
    }
}

/* The error message for name=value contains every word of `words` (separated by |). */
static void refuse(pyw_group_options *options, const char *name, const char *value, const char *words)
{
    const char *error = pyw_options_set(options, pool, name, value);
    char *copy = apr_pstrdup(pool, words);
    char *state;

    if (error == NULL) {
        fail_msg("%s=%s was taken", name, value);
    }
    for (char *word = apr_strtok(copy, "|", &state); word != NULL; word = apr_strtok(NULL, "|", &state)) {
        if (strstr(error, word) == NULL) {
            fail_msg("%s=%s: \"%s\" does not say \"%s\"", name, value, error, word);
        }
    }
}

static const char *env_at(const pyw_group_options *options, int index)
{
    assert_true(index < options->worker.env->nelts);
    return APR_ARRAY_IDX(options->worker.env, index, const char *);
}

static void test_defaults(void **state)
{
    const pyw_group_options *options = *state;

    assert_string_equal(options->name, "blog");
    assert_int_equal(options->manager.processes, 1);
    assert_false(options->worker.multiprocess);
    assert_int_equal(options->worker.threads, 15);
    assert_int_equal(options->worker.umask, -1);
    assert_int_equal(options->httpd.queue_timeout, apr_time_from_sec(30));
    assert_int_equal(options->worker.socket_timeout, 0);
    assert_int_equal(options->worker.shutdown_timeout, apr_time_from_sec(5));
    assert_int_equal(options->httpd.queue_limit, 100);
    assert_int_equal(options->httpd.request_buffer, 64 * 1024);
    assert_int_equal(options->httpd.request_spool, 1024 * 1024 * 1024);
    assert_int_equal(options->httpd.response_buffer, 1024 * 1024);
    assert_int_equal(options->httpd.response_spool, 256 * 1024 * 1024);
    assert_true(options->worker.core_limit == PYW_CORE_LIMIT_INHERITED);
    assert_int_equal(options->manager.graceful_timeout, apr_time_from_sec(30));
    assert_int_equal(options->worker.deadlock_timeout, apr_time_from_sec(60));
    assert_null(options->worker.user);
    assert_null(options->worker.python_home);
    assert_int_equal(options->worker.env->nelts, 0);
    assert_int_equal(options->worker.applications->nelts, 0);
}

static void test_numbers(void **state)
{
    pyw_group_options *options = *state;

    set(options, "processes", "1");
    set(options, "threads", "8");
    set(options, "umask", "027");
    set(options, "cpu-priority", "-20");
    set(options, "queue-limit", "511");
    assert_int_equal(options->manager.processes, 1);
    assert_true(options->worker.multiprocess); /* even with one */
    assert_int_equal(options->worker.threads, 8);
    assert_int_equal(options->worker.umask, 027);
    assert_int_equal(options->worker.cpu_priority, -20);
    assert_int_equal(options->httpd.queue_limit, 511);
}

static void test_values_without_effect_are_checked(void **state)
{
    pyw_group_options *options = *state;

    set(options, "listen-backlog", "511");
    set(options, "connect-timeout", "250ms");
    refuse(options, "listen-backlog", "-1", "listen-backlog|-1|65535");
    assert_null(apr_table_get(pyw_options_pairs(options, PYW_PART_HTTPD, pool), "listen-backlog"));
}

static void test_durations_and_sizes_take_units(void **state)
{
    pyw_group_options *options = *state;

    set(options, "queue-timeout", "250ms");
    set(options, "socket-timeout", "90");
    set(options, "shutdown-timeout", "0");
    set(options, "startup-timeout", "2min");
    set(options, "stack-size", "512K");
    set(options, "send-buffer-size", "1M");
    set(options, "receive-buffer-size", "65536");
    assert_int_equal(options->httpd.queue_timeout, 250000);
    assert_int_equal(options->worker.socket_timeout, apr_time_from_sec(90));
    assert_int_equal(options->worker.shutdown_timeout, 0);
    assert_int_equal(options->worker.startup_timeout, apr_time_from_sec(120));
    assert_int_equal(options->worker.stack_size, 512 * 1024);
    assert_int_equal(options->worker.send_buffer_size, 1024 * 1024);
    assert_int_equal(options->worker.receive_buffer_size, 65536);
    set(options, "startup-timeout", "1h");
    assert_int_equal(options->worker.startup_timeout, apr_time_from_sec(3600));
    set(options, "startup-timeout", "0.5");
    assert_int_equal(options->worker.startup_timeout, 500000);
}

static void test_a_switch_is_on_or_off(void **state)
{
    pyw_group_options *options = *state;

    assert_true(options->worker.interrupt);
    set(options, "interrupt", "off");
    assert_false(options->worker.interrupt);
    set(options, "interrupt", "On");
    assert_true(options->worker.interrupt);
    refuse(options, "interrupt", "yes", "'interrupt'|'yes'|On or Off");
}

static void test_texts_and_paths(void **state)
{
    pyw_group_options *options = *state;

    set(options, "user", "www-data");
    set(options, "group", "#33");
    set(options, "home", "/srv/blog");
    set(options, "python-path", "/srv/blog:/srv/lib");
    set(options, "lang", "en_US.UTF-8");
    set(options, "display-name", "%{GROUP}");
    assert_string_equal(options->worker.user, "www-data");
    assert_string_equal(options->worker.group, "#33");
    assert_string_equal(options->worker.home, "/srv/blog");
    assert_string_equal(options->worker.python_path, "/srv/blog:/srv/lib");
    assert_string_equal(options->worker.lang, "en_US.UTF-8");
    assert_string_equal(options->manager.display_name, "(wsgi:blog)");
}

static void test_values_outlive_the_text_they_were_set_from(void **state)
{
    pyw_group_options *options = *state;
    char text[] = "/srv/blog";

    set(options, "home", text);
    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(options->worker.home, "/srv/blog");
}

static void test_the_last_value_of_an_option_counts_and_env_adds_up(void **state)
{
    pyw_group_options *options = *state;

    set(options, "threads", "2");
    set(options, "threads", "3");
    set(options, "env", "A=1");
    set(options, "env", "B=x=y");
    set(options, "env", "EMPTY=");
    assert_int_equal(options->worker.threads, 3);
    assert_int_equal(options->worker.env->nelts, 3);
    assert_string_equal(env_at(options, 0), "A=1");
    assert_string_equal(env_at(options, 1), "B=x=y");
    assert_string_equal(env_at(options, 2), "EMPTY=");
}

static void test_an_unknown_option_is_named_and_the_nearest_suggested(void **state)
{
    pyw_group_options *options = *state;

    assert_string_equal(pyw_options_set(options, pool, "thread", "8"),
                        "unknown option 'thread', did you mean 'threads'?");
    refuse(options, "procesess", "8", "unknown option 'procesess'|did you mean 'processes'?");
    refuse(options, "python_home", "/x", "did you mean 'python-home'?");
    refuse(options, "Threads", "8", "did you mean 'threads'?");
    assert_string_equal(pyw_options_set(options, pool, "frobnicate", "1"), "unknown option 'frobnicate'");
    refuse(options, "", "1", "unknown option ''");
}

static void test_values_that_the_parent_computes_are_no_options_of_the_directive(void **state)
{
    pyw_group_options *options = *state;

    refuse(options, "name", "other", "unknown option 'name'");
    refuse(options, "engine", "/tmp/evil.so", "unknown option 'engine'");
    refuse(options, "import", "0,0,0\na\n\nc", "unknown option 'import'");
    refuse(options, "log-level", "8", "unknown option 'log-level'");
    refuse(options, "application", "0,0,0\na\nb\nc", "unknown option 'application'");
    refuse(options, "multiprocess", "1", "unknown option 'multiprocess'");
}

static void test_bad_values_name_option_value_and_what_is_allowed(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *words;
    } rows[] = {
        {"threads", "-1", "'threads'|'-1'|from 0 to"},
        {"threads", "", "'threads'"},
        {"processes", "0", "'processes'|'0'|from 1 to"},
        {"processes", "8-2", "'processes'|'8-2'|a minimum and a maximum"},
        {"stack-size", "big", "'stack-size'|'big'|K, M or G"},
        {"send-buffer-size", "511", "'send-buffer-size'|'511'|from 512"},
        {"umask", "888", "'umask'|'888'|octal"},
        {"shutdown-timeout", "-5", "'shutdown-timeout'|'-5'"},
        {"maximum-requests", "-1", "'maximum-requests'|from 0"},
        {"maximum-requests-jitter", "91%", "'maximum-requests-jitter'|'91%'|from 0% to 90%"},
        {"maximum-requests-jitter", "%", "'maximum-requests-jitter'|percentage"},
        {"maximum-requests-jitter", "1%%", "'maximum-requests-jitter'|percentage"},
        {"core-limit", "-1", "'core-limit'|from 0"},
        {"process-limit", "-1", "'process-limit'|from 0"},
        {"cgroup", "blog", "'cgroup'|'blog'|absolute"},
        {"reload-on", "/srv/a,b", "'reload-on'|'b'|absolute"},
        {"warmup", "health", "'warmup'|'health'|absolute"},
        {"reload-overlap", "0", "'reload-overlap'|from 1"},
        {"reload-at-restart", "sometimes", "'reload-at-restart'|'sometimes'|auto, always or never"},
        {"preload", "yes", "'preload'|'yes'|On or Off"},
        {"memory-recycle", "1000", "'memory-recycle'|bytes"},
        {"home", "srv/blog", "'home'|'srv/blog'|absolute"},
        {"user", "", "'user'|empty"},
        {"env", "novalue", "'env'|NAME=value"},
        {"env", "=x", "'env'|NAME=value"},
        {"env", "1A=x", "'env'|NAME=value"},
        {"env-file", "/nonexistent/file", "'env-file'|/nonexistent/file|No such file"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refuse(*state, rows[i].name, rows[i].value, rows[i].words);
    }
}

static void test_a_refused_value_changes_nothing(void **state)
{
    pyw_group_options *options = *state;

    set(options, "threads", "8");
    refuse(options, "threads", "-1", "");
    refuse(options, "home", "x", "");
    assert_int_equal(options->worker.threads, 8);
    assert_null(options->worker.home);
}

static void test_env_file(void **state)
{
    pyw_group_options *options = *state;
    char path[] = "/tmp/pyw-test-env.XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "# comment\n\nA=1\nexport B=\"two words\"\n  C='x' \r\nD=a\"b\n";
    const char *error;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    error = pyw_options_set(options, pool, "env-file", path);
    assert_null(error);
    assert_int_equal(options->worker.env->nelts, 4);
    assert_string_equal(env_at(options, 0), "A=1");
    assert_string_equal(env_at(options, 1), "B=two words");
    assert_string_equal(env_at(options, 2), "C=x");
    assert_string_equal(env_at(options, 3), "D=a\"b");
    assert_int_equal(write(fd, "bad line\n", 9), 9);
    error = pyw_options_set(options, pool, "env-file", path);
    assert_non_null(error);
    assert_non_null(strstr(error, apr_pstrcat(pool, path, ":7", NULL)));
    close(fd);
    unlink(path);
}

/* A value for each option that differs from its default. */
static const char *const every_option[][2] = {
    {"processes", "3"},
    {"threads", "7"},
    {"user", "alice"},
    {"group", "users"},
    {"supplementary-groups", "a,b"},
    {"umask", "0"},
    {"cgroup", "/sys/fs/cgroup/blog"},
    {"scale-after", "1s"},
    {"scale-idle", "10min"},
    {"memory-budget", "2G"},
    {"home", "/h"},
    {"python-home", "/v"},
    {"python-path", "/p:/q"},
    {"python-eggs", "/eggs"},
    {"switch-interval", "0.001"},
    {"server-metrics", "On"},
    {"chroot", "/jail"},
    {"script-user", "alice"},
    {"script-group", "#7"},
    {"lang", "C.UTF-8"},
    {"locale", "de_DE.UTF-8"},
    {"display-name", "%{GROUP}"},
    {"socket-user", "#33"},
    {"socket-timeout", "61"},
    {"shutdown-timeout", "0"},
    {"startup-timeout", "24h"},
    {"stack-size", "1M"},
    {"cpu-priority", "-3"},
    {"graceful-timeout", "0"},
    {"eviction-timeout", "7"},
    {"deadlock-timeout", "90"},
    {"request-timeout", "30"},
    {"interrupt", "Off"},
    {"interrupt-timeout", "1"},
    {"memory-limit", "512M"},
    {"virtual-memory-limit", "4G"},
    {"process-limit", "200"},
    {"file-limit", "1024"},
    {"core-limit", "0"},
    {"reload-on", "/srv/blog/version,modules,/srv/blog/tmp/restart.txt"},
    {"warmup", "/health?full=1"},
    {"reload-overlap", "2"},
    {"reload-at-restart", "always"},
    {"reload-exclude", "/srv/blog/public,*.json"},
    {"preload", "on"},
    {"maximum-requests", "1000"},
    {"maximum-requests-jitter", "20%"},
    {"restart-interval", "720h"},
    {"restart-interval-jitter", "0"},
    {"memory-recycle", "300G"},
    {"cpu-time-limit", "60"},
    {"inactivity-timeout", "5min"},
    {"send-buffer-size", "4K"},
    {"receive-buffer-size", "8K"},
    {"header-buffer-size", "64K"},
    {"request-buffer", "0"},
    {"request-spool", "4G"},
    {"response-buffer", "0"},
    {"response-buffer-size", "100000"},
    {"response-spool", "1G"},
    {"queue-limit", "16"},
    {"queue-timeout", "2500ms"},
    {"reserve", "2"},
    {"env", "A=1"},
    {"env", "B=two words"},
};

static void set_everything(pyw_group_options *options)
{
    static const pyw_python_setting setting = {NULL, "optimize", "1"};
    pyw_application_option *application = apr_pcalloc(pool, sizeof(*application));
    pyw_application_option *import = apr_pcalloc(pool, sizeof(*import));

    for (size_t i = 0; i < sizeof(every_option) / sizeof(every_option[0]); i++) {
        set(options, every_option[i][0], every_option[i][1]);
    }
    options->worker.engine = "/lib/engine.so";
    options->manager.engine_stamp = "1:2:3";
    options->worker.log_level = 7;
    options->worker.processes = 3;
    options->manager.worker_list_index = 3;
    options->manager.worker_list_use = 4;
    APR_ARRAY_PUSH(options->worker.python_settings, const pyw_python_setting *) = &setting;
    application->is_module = 1;
    application->target = "shop";
    application->callable = "create_app()";
    application->group = "";
    application->reloading = 1;
    APR_ARRAY_PUSH(options->worker.applications, const pyw_application_option *) = application;
    import->target = "/srv/warm.py";
    import->callable = import->group = "";
    APR_ARRAY_PUSH(options->worker.imports, const pyw_application_option *) = import;
}

static pyw_group_options *restored(const apr_table_t *pairs)
{
    pyw_group_options *options = pyw_options_create(pool, "");
    const char *error = pyw_options_restore_all(options, pool, pairs);

    if (error != NULL) {
        fail_msg("%s", error);
    }
    return options;
}

static void assert_same_pairs(const apr_table_t *one, const apr_table_t *other)
{
    const apr_array_header_t *ones = apr_table_elts(one);
    const apr_array_header_t *others = apr_table_elts(other);

    assert_int_equal(ones->nelts, others->nelts);
    for (int i = 0; i < ones->nelts; i++) {
        assert_string_equal(APR_ARRAY_IDX(ones, i, apr_table_entry_t).key,
                            APR_ARRAY_IDX(others, i, apr_table_entry_t).key);
        assert_string_equal(APR_ARRAY_IDX(ones, i, apr_table_entry_t).val,
                            APR_ARRAY_IDX(others, i, apr_table_entry_t).val);
    }
}

static void test_defaults_make_no_pair_but_the_name(void **state)
{
    const apr_table_t *pairs = pyw_options_pairs(*state, PYW_PART_HTTPD, pool);

    assert_int_equal(apr_table_elts(pairs)->nelts, 1);
    assert_string_equal(apr_table_get(pairs, "name"), "blog");
}

static void test_pairs_restore_every_option(void **state)
{
    pyw_group_options *options = *state;
    const pyw_group_options *copy;
    const pyw_application_option *application;

    set_everything(options);
    copy = restored(pyw_options_pairs(options, PYW_PART_HTTPD, pool));
    assert_same_pairs(pyw_options_pairs(options, PYW_PART_HTTPD, pool), pyw_options_pairs(copy, PYW_PART_HTTPD, pool));
    assert_string_equal(copy->name, "blog");
    assert_int_equal(copy->manager.processes, 3);
    assert_true(copy->worker.multiprocess);
    assert_int_equal(copy->worker.umask, 0);
    assert_int_equal(copy->httpd.request_timeout, apr_time_from_sec(30));
    assert_int_equal(copy->worker.shutdown_timeout, 0);
    assert_int_equal(copy->worker.startup_timeout, apr_time_from_sec(24 * 3600));
    assert_string_equal(copy->manager.display_name, "(wsgi:blog)");
    assert_string_equal(copy->worker.engine, "/lib/engine.so");
    assert_string_equal(copy->manager.engine_stamp, "1:2:3");
    assert_int_equal(copy->worker.log_level, 7);
    assert_int_equal(copy->worker.processes, 3);
    assert_int_equal(copy->manager.worker_list_index, 3);
    assert_int_equal(copy->httpd.queue_limit, 16);
    assert_int_equal(copy->httpd.queue_timeout, 2500000);
    assert_int_equal(copy->worker.env->nelts, 2);
    assert_string_equal(env_at(copy, 1), "B=two words");
    assert_int_equal(copy->worker.imports->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(copy->worker.imports, 0, const pyw_application_option *)->target, "/srv/warm.py");
    assert_int_equal(copy->worker.applications->nelts, 1);
    application = APR_ARRAY_IDX(copy->worker.applications, 0, const pyw_application_option *);
    assert_true(application->is_module);
    assert_false(application->group_is_default);
    assert_true(application->reloading);
    assert_string_equal(application->target, "shop");
    assert_string_equal(application->callable, "create_app()");
    assert_string_equal(application->group, "");
}

/* set_everything() must set all options of the table, so that the round trip covers them. */
static void test_the_round_trip_covers_the_whole_table(void **state)
{
    const apr_table_t *pairs;

    set_everything(*state);
    pairs = pyw_options_pairs(*state, PYW_PART_HTTPD, pool);
    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (rule->kind != PYW_KIND_IGNORED && rule->kind != PYW_KIND_ENV_FILE && rule->offset != PYW_NO_MEMBER &&
            apr_table_get(pairs, rule->name) == NULL) {
            fail_msg("no pair for %s", rule->name);
        }
    }
}

/* The names of the pairs of `all` that are not in `sent`. */
static const char *kept_back(const apr_table_t *all, const apr_table_t *sent)
{
    const apr_array_header_t *elements = apr_table_elts(all);
    const char *names = "";

    for (int i = 0; i < elements->nelts; i++) {
        const char *name = APR_ARRAY_IDX(elements, i, apr_table_entry_t).key;

        if (apr_table_get(sent, name) == NULL) {
            names = apr_pstrcat(pool, names, *names != '\0' ? " " : "", name, NULL);
        }
    }
    return names;
}

static void test_the_manager_gets_no_option_that_only_httpd_reads(void **state)
{
    set_everything(*state);
    assert_string_equal(
        kept_back(pyw_options_pairs(*state, PYW_PART_HTTPD, pool), pyw_options_pairs(*state, PYW_PART_MANAGER, pool)),
        "script-user script-group python-eggs switch-interval server-metrics "
        "request-timeout header-buffer-size request-buffer request-spool response-buffer response-buffer-size "
        "response-spool queue-limit queue-timeout reserve");
}

static void test_a_worker_gets_no_option_that_only_the_manager_reads(void **state)
{
    set_everything(*state);
    assert_string_equal(
        kept_back(pyw_options_pairs(*state, PYW_PART_MANAGER, pool), pyw_options_pairs(*state, PYW_PART_WORKER, pool)),
        "processes display-name graceful-timeout eviction-timeout maximum-requests maximum-requests-jitter "
        "restart-interval restart-interval-jitter cpu-time-limit inactivity-timeout scale-after scale-idle "
        "memory-budget cgroup preload reload-on reload-overlap engine-stamp worker-list-index worker-list-use");
}

static void test_one_process_on_purpose_survives_the_round_trip(void **state)
{
    const pyw_group_options *copy;

    set(*state, "processes", "1");
    copy = restored(pyw_options_pairs(*state, PYW_PART_HTTPD, pool));
    assert_int_equal(copy->manager.processes, 1);
    assert_true(copy->worker.multiprocess);
}

static void test_the_order_of_options_makes_no_difference(void **state)
{
    pyw_group_options *one = *state;
    pyw_group_options *other = pyw_options_create(pool, "blog");

    set(one, "threads", "3");
    set(one, "user", "alice");
    set(other, "user", "alice");
    set(other, "threads", "3");
    assert_same_pairs(pyw_options_pairs(one, PYW_PART_HTTPD, pool), pyw_options_pairs(other, PYW_PART_HTTPD, pool));
}

static void test_restore_refuses_unknown_pairs(void **state)
{
    pyw_group_options *options = *state;

    assert_non_null(pyw_options_restore(options, pool, "no-such", "1"));
    assert_non_null(pyw_options_restore(options, pool, "threads", "many"));
    assert_non_null(pyw_options_restore(options, pool, "engine", "relative.so"));
    assert_non_null(pyw_options_restore(options, pool, "application", ""));
    assert_non_null(pyw_options_restore(options, pool, "application", "0,0,0\ntarget\ncallable"));
    assert_non_null(pyw_options_restore(options, pool, "application", "0,0\ntarget\ncallable\ngroup"));
    assert_int_equal(options->worker.applications->nelts, 0);
}

#define WITH_OPTIONS(test) cmocka_unit_test_setup_teardown(test, make_options, pyw_test_pool_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OPTIONS(test_defaults),
        WITH_OPTIONS(test_numbers),
        WITH_OPTIONS(test_values_without_effect_are_checked),
        WITH_OPTIONS(test_durations_and_sizes_take_units),
        WITH_OPTIONS(test_a_switch_is_on_or_off),
        WITH_OPTIONS(test_texts_and_paths),
        WITH_OPTIONS(test_values_outlive_the_text_they_were_set_from),
        WITH_OPTIONS(test_the_last_value_of_an_option_counts_and_env_adds_up),
        WITH_OPTIONS(test_an_unknown_option_is_named_and_the_nearest_suggested),
        WITH_OPTIONS(test_values_that_the_parent_computes_are_no_options_of_the_directive),
        WITH_OPTIONS(test_bad_values_name_option_value_and_what_is_allowed),
        WITH_OPTIONS(test_a_refused_value_changes_nothing),
        WITH_OPTIONS(test_env_file),
        WITH_OPTIONS(test_defaults_make_no_pair_but_the_name),
        WITH_OPTIONS(test_pairs_restore_every_option),
        WITH_OPTIONS(test_the_round_trip_covers_the_whole_table),
        WITH_OPTIONS(test_the_manager_gets_no_option_that_only_httpd_reads),
        WITH_OPTIONS(test_a_worker_gets_no_option_that_only_the_manager_reads),
        WITH_OPTIONS(test_one_process_on_purpose_survives_the_round_trip),
        WITH_OPTIONS(test_the_order_of_options_makes_no_difference),
        WITH_OPTIONS(test_restore_refuses_unknown_pairs),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
