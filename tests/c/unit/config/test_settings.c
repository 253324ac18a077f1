/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a COMMIT frame. */
#include "unit_test.h"

#include "config/options/settings.h"
#include "test_pool.h"

static void test_settings_round_trip(void **state)
{
    const pyw_settings settings = {
        .socket_directory = "/run/pywsgi.1", .httpd_uid = 33, .server_name = "www.example.org", .log_level = 5};
    pyw_settings copy = {0};
    const apr_array_header_t *elements = apr_table_elts(pyw_settings_pairs(&settings, pool));

    for (int i = 0; i < elements->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(elements, i, apr_table_entry_t);

        assert_null(pyw_settings_restore(&copy, pool, entry->key, entry->val));
    }
    assert_string_equal(copy.socket_directory, "/run/pywsgi.1");
    assert_int_equal(copy.httpd_uid, 33);
    assert_string_equal(copy.server_name, "www.example.org");
    assert_int_equal(copy.log_level, 5);
}

static void test_settings_refuse_unusable_values(void **state)
{
    pyw_settings settings = {0};

    assert_non_null(pyw_settings_restore(&settings, pool, "settings.socket-directory", "run"));
    assert_non_null(pyw_settings_restore(&settings, pool, "settings.httpd-uid", "-1"));
    assert_non_null(pyw_settings_restore(&settings, pool, "settings.httpd-uid", "4294967295")); /* (uid_t)-1 */
    assert_non_null(pyw_settings_restore(&settings, pool, "settings.httpd-uid", "root"));
    assert_non_null(pyw_settings_restore(&settings, pool, "settings.no-such", "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_round_trip),
        cmocka_unit_test(test_settings_refuse_unusable_values),
    };

    return cmocka_run_group_tests_name("settings", tests, pyw_test_pool_create, pyw_test_pool_destroy);
}
