/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options that mod_wsgi accepts: a configuration with them starts. */
#include "unit_test.h"

#include <apr_strings.h>
#include <string.h>

#include "config/options/options.h"
#include "test_pool.h"

/* `one`, and nothing else, contains a single sentence, which names the option and the value. */
static void expect_sentence(const apr_array_header_t *one, const apr_array_header_t *other, const char *name,
                            const char *value)
{
    const char *text;

    if (one->nelts != 1 || other->nelts != 0) {
        fail_msg("%s=%s: %d sentences, and %d of the other kind", name, value, one->nelts, other->nelts);
    }
    text = APR_ARRAY_IDX(one, 0, const char *);
    assert_non_null(strstr(text, apr_psprintf(pool, "'%s'", name)));
    assert_non_null(strstr(text, value));
}

static void expect(const char *name, const char *value, const char *used, char kind)
{
    pyw_group_options *options = pyw_options_create(pool, "blog");
    const apr_array_header_t *warnings = options->httpd.warnings, *notices = options->httpd.notices;
    const char *error = pyw_options_set(options, pool, name, value);
    const char *set = apr_table_get(pyw_options_pairs(options, PYW_PART_HTTPD, pool), name);

    if (error != NULL) {
        fail_msg("%s=%s: %s", name, value, error);
    }
    if (used == NULL ? set != NULL : set == NULL || strcmp(set, used) != 0) {
        fail_msg("%s=%s is %s, not %s", name, value, set ? set : "unset", used ? used : "unset");
    }
    if (kind == '-') {
        assert_int_equal(warnings->nelts + notices->nelts, 0);
    }
    else {
        expect_sentence(kind == 'w' ? warnings : notices, kind == 'w' ? notices : warnings, name, value);
    }
}

/* -: no message, n: a notice, w: a warning. NULL: the default. */
static const struct {
    const char *name, *value, *used;
    char kind;
} rows[] = {
    {"socket-timeout", "2147483647", "86400000ms", 'n'},
    {"request-timeout", "100000", "86400000ms", 'n'},
    {"startup-timeout", "25h", "86400000ms", 'n'},
    {"restart-interval", "31536000", "31536000000ms", '-'},
    {"restart-interval", "99999999999999999999", "315619200000ms", 'n'},
    {"connect-timeout", "0", NULL, '-'},
    {"listen-backlog", "0", NULL, '-'},
    {"listen-backlog", "100000", NULL, 'n'},
    {"stack-size", "8192", "65536", 'n'},
    {"memory-limit", "1000", "16777216", 'n'},
    {"memory-limit", "9999999999999999G", "2147483647", 'w'},
    {"cpu-priority", "21", "20", 'n'},
    {"cpu-priority", "-99", "-20", 'n'},
    {"threads", "5000", "1000", 'w'},
    {"processes", "5000", "1000", 'w'},
    {"threads", "8x", "8", 'w'},
    {"threads", "many", "0", 'w'},
    {"threads", " 8", "8", 'w'},
    {"processes", "2.5", "2", 'w'},
    {"maximum-requests", "many", NULL, 'w'},
    {"deadlock-timeout", "abc", "0ms", 'w'},
    {"startup-timeout", "3days", "3000ms", 'w'},
    {"shutdown-timeout", "60s", "60000ms", '-'},
    {"cpu-priority", "low", NULL, 'w'},
    {"send-buffer-size", "0", NULL, '-'},
    {"response-buffer-size", "0", NULL, '-'},
    {"response-buffer-size", "99999999999", "67108864", 'n'},
    {"header-buffer-size", "8192", "8192", '-'},
    {"header-buffer-size", "64K", "65536", '-'},
    {"header-buffer-size", "16777216", "1048576", 'n'},
    {"header-buffer-size", "0", NULL, '-'},
    {"umask", "+7", "7", '-'},
    {"umask", "70027", "27", 'w'},
    {"lang", "", NULL, 'n'},
    {"locale", "", NULL, 'n'},
    {"python-path", "", NULL, 'n'},
    {"python-home", "", NULL, 'n'},
    {"display-name", "", NULL, 'n'},
    {"supplementary-groups", "", NULL, 'n'},
};

static void test_values_of_mod_wsgi_are_accepted(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect(rows[i].name, rows[i].value, rows[i].used, rows[i].kind);
    }
}

/* Each number of mod_wsgi, which reads most of them with atoi(3). */
static void test_a_word_instead_of_a_number_counts_as_0_unless_0_is_refused(void **state)
{
    static const char *const accepted[] = {"threads",
                                           "listen-backlog",
                                           "connect-timeout",
                                           "socket-timeout",
                                           "queue-timeout",
                                           "request-timeout",
                                           "interrupt-timeout",
                                           "deadlock-timeout",
                                           "startup-timeout",
                                           "inactivity-timeout",
                                           "graceful-timeout",
                                           "eviction-timeout",
                                           "shutdown-timeout",
                                           "restart-interval",
                                           "maximum-requests",
                                           "cpu-time-limit",
                                           "cpu-priority",
                                           "memory-limit",
                                           "send-buffer-size",
                                           "virtual-memory-limit",
                                           "header-buffer-size",
                                           "receive-buffer-size",
                                           "response-buffer-size"};
    static const char *const refused[] = {"processes", "stack-size", "umask", "switch-interval"};
    static const char *const words[] = {"abc", "0x10"};

    for (size_t i = 0; i < 2 * sizeof(accepted) / sizeof(accepted[0]); i++) {
        pyw_group_options *options = pyw_options_create(pool, "blog");

        if (pyw_options_set(options, pool, accepted[i / 2], words[i % 2]) != NULL) {
            fail_msg("%s=%s is refused", accepted[i / 2], words[i % 2]);
        }
        expect_sentence(options->httpd.warnings, options->httpd.notices, accepted[i / 2], words[i % 2]);
    }
    for (size_t i = 0; i < 2 * sizeof(refused) / sizeof(refused[0]); i++) {
        assert_non_null(pyw_options_set(pyw_options_create(pool, "blog"), pool, refused[i / 2], words[i % 2]));
    }
}

static void test_numbers_that_mod_wsgi_refuses_are_refused(void **state)
{
    static const char *const refused[][2] = {{"send-buffer-size", "511"},
                                             {"receive-buffer-size", "7x"},
                                             {"header-buffer-size", "8191"},
                                             {"header-buffer-size", ""},
                                             {"response-buffer-size", "-1"},
                                             {"umask", "-1"},
                                             {"umask", "8"},
                                             {"umask", ""},
                                             {"umask", "7777777777777777777777777"}};

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (pyw_options_set(pyw_options_create(pool, "blog"), pool, refused[i][0], refused[i][1]) == NULL) {
            fail_msg("%s=%s is accepted", refused[i][0], refused[i][1]);
        }
    }
}

static void test_a_relative_entry_of_python_path_is_kept(void **state)
{
    pyw_group_options *options = pyw_options_create(pool, "blog");

    assert_null(pyw_options_set(options, pool, "python-path", "/a:b:/c:."));
    assert_string_equal(options->worker.python_path, "/a:b:/c:.");
    assert_int_equal(options->httpd.warnings->nelts, 2);
    assert_non_null(strstr(APR_ARRAY_IDX(options->httpd.warnings, 0, const char *), "'b' in option 'python-path'"));
}

static void test_options_that_mod_wsgi_does_not_have_are_strict(void **state)
{
    pyw_group_options *options = pyw_options_create(pool, "blog");

    assert_non_null(pyw_options_set(options, pool, "queue-limit", "100000"));
    assert_non_null(pyw_options_set(options, pool, "warmup", ""));
    assert_non_null(pyw_options_set(options, pool, "reload-overlap", "2x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_mod_wsgi_are_accepted),
        cmocka_unit_test(test_a_word_instead_of_a_number_counts_as_0_unless_0_is_refused),
        cmocka_unit_test(test_numbers_that_mod_wsgi_refuses_are_refused),
        cmocka_unit_test(test_a_relative_entry_of_python_path_is_kept),
        cmocka_unit_test(test_options_that_mod_wsgi_does_not_have_are_strict),
    };

    return cmocka_run_group_tests_name("tolerance", tests, pyw_test_pool_create, pyw_test_pool_destroy);
}
