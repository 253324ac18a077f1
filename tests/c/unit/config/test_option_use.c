/* SPDX-License-Identifier: Apache-2.0 */
/* The effect of a change of options. */
#include "unit_test.h"

#include <apr_strings.h>

#include "config/options/options.h"
#include "config/options/table.h"
#include "config/options/use.h"
#include "test_pool.h"

static pyw_group_options *options_of(const char *const *values)
{
    pyw_group_options *options = pyw_options_create(pool, "g");

    for (; *values != NULL; values += 2) {
        assert_null(pyw_options_restore(options, pool, values[0], values[1]));
    }
    return options;
}

static const char *difference(const pyw_group_options *one, const pyw_group_options *other, int *replaces_workers)
{
    return pyw_options_difference(one, other, replaces_workers, pool);
}

/* A change of `values` from the defaults. */
static int replaces_workers(const char *const *values)
{
    int result;

    assert_string_not_equal(difference(pyw_options_create(pool, "g"), options_of(values), &result), "");
    return result;
}

static void assert_names(const apr_table_t *pairs, const char *expected)
{
    const apr_array_header_t *elements = apr_table_elts(pairs);
    const char *names = "";

    for (int i = 0; i < elements->nelts; i++) {
        names = apr_pstrcat(pool, names, i > 0 ? ", " : "", APR_ARRAY_IDX(elements, i, apr_table_entry_t).key, NULL);
    }
    assert_string_equal(names, expected);
}

static const char *const some[] = {
    "threads",
    "3",
    "socket-timeout",
    "7s",
    "graceful-timeout",
    "9s",
    "queue-limit",
    "5",
    "env",
    "A=b",
    "log-level",
    "7",
    "env",
    "C=d",
    "shutdown-timeout",
    "2s",
    NULL,
};

static void test_a_difference_names_each_option_once(void **state)
{
    static const char *const others[] = {"threads", "3", "socket-timeout", "7s", "env", "A=b", "env", "C=e", NULL};
    int replaces;

    assert_string_equal(difference(options_of(some), options_of(some), &replaces), "");
    assert_false(replaces);
    assert_string_equal(difference(options_of(some), options_of(others), &replaces),
                        "shutdown-timeout, graceful-timeout, env, log-level");
    assert_true(replaces);
}

static void test_only_options_used_at_the_start_replace_workers(void **state)
{
    static const char *const start[] = {"threads", "3", "graceful-timeout", "9s", NULL};
    static const char *const live[] = {"socket-timeout", "7s", NULL};
    static const char *const later[] = {"graceful-timeout", "9s", "warmup", "/", NULL};

    assert_true(replaces_workers(start));
    assert_false(replaces_workers(live));
    assert_false(replaces_workers(later));
}

static void test_running_workers_get_only_live_options(void **state)
{
    assert_names(pyw_options_live_pairs(options_of(some), pool), "socket-timeout, shutdown-timeout, log-level");
}

/* pyw_options_use_live() must copy each option with PYW_USE_LIVE. */
static void test_a_running_worker_takes_all_live_options(void **state)
{
    pyw_group_options *changed = options_of(some), *running = pyw_options_create(pool, "g");
    int live = 0;

    for (const pyw_option_rule *rule = pyw_option_rules; rule->name != NULL; rule++) {
        if (rule->use == PYW_USE_LIVE) {
            live++;
            assert_non_null(apr_table_get(pyw_options_live_pairs(changed, pool), rule->name));
        }
    }
    assert_true(live > 0);
    pyw_options_use_live(&running->worker, &changed->worker);
    assert_names(pyw_options_pairs(running, PYW_PART_HTTPD, pool), "socket-timeout, shutdown-timeout, name, log-level");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_difference_names_each_option_once),
        cmocka_unit_test(test_only_options_used_at_the_start_replace_workers),
        cmocka_unit_test(test_running_workers_get_only_live_options),
        cmocka_unit_test(test_a_running_worker_takes_all_live_options),
    };

    return cmocka_run_group_tests_name("option_use", tests, pyw_test_pool_create, pyw_test_pool_destroy);
}
