/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of Python in the options of a group, and options that have mod_wsgi's names. */
#include "unit_test.h"

#include "config/options/options.h"
#include "config/options/parse/python_setting_text.h"
#include "test_pool.h"

static void test_a_setting_survives_its_text(void **state)
{
    const pyw_python_setting setting = {"a group", "warnings", "error:two\nlines"};
    const pyw_python_setting *copy = pyw_option_python_setting(pool, pyw_option_python_setting_text(pool, &setting));

    assert_string_equal(copy->application_group, "a group");
    assert_string_equal(copy->name, "warnings");
    assert_string_equal(copy->value, "error:two\nlines");
}

static void test_all_interpreters_and_the_main_one_are_different(void **state)
{
    const pyw_python_setting all = {NULL, "optimize", "1"}, main_only = {"", "restrict-stdin", "On"};

    assert_null(pyw_option_python_setting(pool, pyw_option_python_setting_text(pool, &all))->application_group);
    assert_string_equal(
        pyw_option_python_setting(pool, pyw_option_python_setting_text(pool, &main_only))->application_group, "");
}

static void test_a_malformed_text_is_refused(void **state)
{
    assert_null(pyw_option_python_setting(pool, ""));
    assert_null(pyw_option_python_setting(pool, "1\nonly\nthree"));
    assert_non_null(pyw_options_restore(pyw_options_create(pool, "g"), pool, "python-setting", "1"));
}

static void test_the_last_value_of_a_name_counts(void **state)
{
    const pyw_python_setting settings[] = {
        {NULL, "optimize", "1"}, {NULL, "optimize", "2"}, {"other", "optimize", "0"}, {NULL, NULL, NULL}};

    assert_string_equal(pyw_python_setting_get(settings, "optimize"), "2");
    assert_string_equal(pyw_python_setting_get(settings, "hash-seed"), "");
    assert_string_equal(pyw_python_setting_get(NULL, "optimize"), "");
}

static void test_options_of_mod_wsgi_without_effect_are_noted(void **state)
{
    pyw_group_options *options = pyw_options_create(pool, "g");

    assert_null(pyw_options_set(options, pool, "response-flush-delay", "5"));
    assert_int_equal(options->httpd.warnings->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(options->httpd.warnings, 0, const char *),
                        "option 'response-flush-delay' of mod_wsgi has no effect");
}

static void test_response_buffer_size_is_response_buffer(void **state)
{
    pyw_group_options *options = pyw_options_create(pool, "g");

    assert_null(pyw_options_set(options, pool, "response-buffer-size", "8388608"));
    assert_int_equal(options->httpd.response_buffer, 8388608);
}

static void test_an_interval_is_a_number_of_seconds(void **state)
{
    static const char *const bad[] = {"", "0", "0.0", "-1", "1.2.3", ".", "5ms", "soon", "1e3"};
    pyw_group_options *options = pyw_options_create(pool, "g");

    assert_null(pyw_options_set(options, pool, "switch-interval", "0.0005"));
    assert_string_equal(options->httpd.switch_interval, "0.0005");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *error = pyw_options_set(options, pool, "switch-interval", bad[i]);

        assert_non_null(error);
        assert_non_null(strstr(error, "'switch-interval'"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_setting_survives_its_text),
        cmocka_unit_test(test_all_interpreters_and_the_main_one_are_different),
        cmocka_unit_test(test_a_malformed_text_is_refused),
        cmocka_unit_test(test_the_last_value_of_a_name_counts),
        cmocka_unit_test(test_options_of_mod_wsgi_without_effect_are_noted),
        cmocka_unit_test(test_response_buffer_size_is_response_buffer),
        cmocka_unit_test(test_an_interval_is_a_number_of_seconds),
    };

    return cmocka_run_group_tests(tests, pyw_test_pool_create, pyw_test_pool_destroy);
}
