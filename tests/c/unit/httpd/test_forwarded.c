/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <string.h>

#include "httpd/request/forwarded.h"

static pyw_forwarded found;

/* 10.0.0.0/8, ::1 and fd00::/8 are proxies. */
static int is_proxy(const void *baton, const char *address)
{
    return strncmp(address, "10.", 3) == 0 || strcmp(address, "::1") == 0 || strncmp(address, "fd00:", 5) == 0;
}

static int is_any(const void *baton, const char *address)
{
    return 1;
}

static void read_with(int (*is_trusted)(const void *, const char *), pyw_proxy_form form, const char *value)
{
    const pyw_forwarded_trust trust = {is_trusted, NULL};

    pyw_forwarded_read(&found, form, (pyw_forwarded_text){value, strlen(value)}, &trust);
}

static void read_value(pyw_proxy_form form, const char *value)
{
    read_with(is_proxy, form, value);
}

static void expect_text(pyw_forwarded_text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.start, expected, text.length);
}

/* NULL: not given. */
static void expect(pyw_proxy_fact fact, const char *expected)
{
    assert_int_equal((found.given >> fact) & 1, expected != NULL);
    if (expected != NULL) {
        expect_text(found.values[fact], expected);
    }
}

static void expect_client(const char *address, const char *port, const char *kept)
{
    expect(PYW_PROXY_CLIENT, address);
    expect(PYW_PROXY_CLIENT_PORT, port);
    if (kept != NULL) {
        expect_text(found.kept, kept);
    }
}

static const struct {
    const char *value;
    const char *address;
    const char *port;
    const char *kept;
} lists[] = {
    {"192.0.2.1", "192.0.2.1", "0", "192.0.2.1"},
    {"192.0.2.1, 10.0.0.1", "192.0.2.1", "0", "192.0.2.1, 10.0.0.1"},
    {"6.6.6.6, 192.0.2.1", "192.0.2.1", "0", "192.0.2.1"},
    {"6.6.6.6, 192.0.2.1,10.0.0.2 ,\t10.0.0.1", "192.0.2.1", "0", "192.0.2.1,10.0.0.2 ,\t10.0.0.1"},
    {"10.0.0.3, 10.0.0.2", "10.0.0.3", "0", "10.0.0.3, 10.0.0.2"}, /* the client is inside */
    {"unknown, 10.0.0.2", "10.0.0.2", "0", "10.0.0.2"},
    {"6.6.6.6, nonsense, 10.0.0.2", "10.0.0.2", "0", "10.0.0.2"},
    {"192.0.2.1,, 10.0.0.2,", "192.0.2.1", "0", "192.0.2.1,, 10.0.0.2,"},
    {", 192.0.2.1", "192.0.2.1", "0", "192.0.2.1"},
    {"192.0.2.1:4711", "192.0.2.1", "4711", "192.0.2.1:4711"},
    {"192.0.2.1:99999", "192.0.2.1", "0", NULL},
    {"2001:db8::1", "2001:db8::1", "0", NULL},
    {"[2001:db8::1]", "2001:db8::1", "0", NULL},
    {"[2001:db8::1]:443, fd00::1, ::1", "2001:db8::1", "443", NULL},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.1", "0", NULL},
    {"\"6.6.6.6, 192.0.2.1", "192.0.2.1", "0", "192.0.2.1"},
    {"192.0.2.1, \"10.0.0.2", NULL, NULL, NULL},
    {"unknown", NULL, NULL, NULL},
    {"192.0.2", NULL, NULL, NULL},
    {"192.0.2.1 10.0.0.1", NULL, NULL, NULL},
    {"192.0.2.1:", NULL, NULL, NULL},
    {"[2001:db8::1", NULL, NULL, NULL},
    {"[2001:db8::1]443", NULL, NULL, NULL},
    {"[]", NULL, NULL, NULL},
    {"fe80::1%eth0", NULL, NULL, NULL},
    {"localhost", NULL, NULL, NULL},
    {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", NULL, NULL, NULL},
    {",", NULL, NULL, NULL},
    {"", NULL, NULL, NULL},
};

static void test_the_client_is_the_last_address_that_is_no_proxy(void **state)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        read_value(PYW_PROXY_FORM_ADDRESSES, lists[i].value);
        expect_client(lists[i].address, lists[i].port, lists[i].kept);
    }
}

static void test_without_a_list_of_proxies_the_client_is_the_first_address(void **state)
{
    read_with(is_any, PYW_PROXY_FORM_ADDRESSES, "192.0.2.1, 198.51.100.1, 10.0.0.1");
    expect_client("192.0.2.1", "0", "192.0.2.1, 198.51.100.1, 10.0.0.1");
    read_with(is_any, PYW_PROXY_FORM_ADDRESSES, "nonsense, 198.51.100.1, 10.0.0.1");
    expect_client("198.51.100.1", "0", "198.51.100.1, 10.0.0.1");
}

/* Other forms: the value, and the fact; NULL: malformed. */
static const struct {
    pyw_proxy_form form;
    const char *value;
    pyw_proxy_fact fact;
    const char *expected;
} singles[] = {
    {PYW_PROXY_FORM_ADDRESS, "192.0.2.1", PYW_PROXY_CLIENT, "192.0.2.1"},
    {PYW_PROXY_FORM_ADDRESS, "6.6.6.6, 192.0.2.1", PYW_PROXY_CLIENT, "192.0.2.1"},
    {PYW_PROXY_FORM_ADDRESS, "[2001:db8::1]:80", PYW_PROXY_CLIENT, "2001:db8::1"},
    {PYW_PROXY_FORM_ADDRESS, "nonsense", PYW_PROXY_CLIENT, NULL},
    {PYW_PROXY_FORM_ADDRESS, "", PYW_PROXY_CLIENT, NULL},
    {PYW_PROXY_FORM_HOST, "www.example.com", PYW_PROXY_HOST, "www.example.com"},
    {PYW_PROXY_FORM_HOST, "evil.example, my_host:8443", PYW_PROXY_HOST, "my_host:8443"},
    {PYW_PROXY_FORM_HOST, "[2001:db8::1]", PYW_PROXY_HOST, "[2001:db8::1]"},
    {PYW_PROXY_FORM_HOST, "[2001:db8::1]:8080", PYW_PROXY_HOST, "[2001:db8::1]:8080"},
    {PYW_PROXY_FORM_HOST, "2001:db8::1", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "[nonsense]", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "www.example.com:0", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "www.example.com:", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "user@www.example.com", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "www.example.com/path", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "www.example.com evil", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "<script>", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "w\xc3\xbc.example", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, ":80", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_HOST, "", PYW_PROXY_HOST, NULL},
    {PYW_PROXY_FORM_SERVER, "front.example.com", PYW_PROXY_SERVER, "front.example.com"},
    {PYW_PROXY_FORM_SERVER, "a.example, front.example.com:80", PYW_PROXY_SERVER, "front.example.com"},
    {PYW_PROXY_FORM_SERVER, "[2001:db8::1]:80", PYW_PROXY_SERVER, "[2001:db8::1]"},
    {PYW_PROXY_FORM_SERVER, "a b", PYW_PROXY_SERVER, NULL},
    {PYW_PROXY_FORM_PORT, "443", PYW_PROXY_SERVER_PORT, "443"},
    {PYW_PROXY_FORM_PORT, "80, 65535", PYW_PROXY_SERVER_PORT, "65535"},
    {PYW_PROXY_FORM_PORT, "65536", PYW_PROXY_SERVER_PORT, NULL},
    {PYW_PROXY_FORM_PORT, "0", PYW_PROXY_SERVER_PORT, NULL},
    {PYW_PROXY_FORM_PORT, "-1", PYW_PROXY_SERVER_PORT, NULL},
    {PYW_PROXY_FORM_PORT, "000000000000000000000000000000000000443", PYW_PROXY_SERVER_PORT, NULL},
    {PYW_PROXY_FORM_PORT, "", PYW_PROXY_SERVER_PORT, NULL},
    {PYW_PROXY_FORM_PATH, "/app", PYW_PROXY_SCRIPT_NAME, "/app"},
    {PYW_PROXY_FORM_PATH, " /a,b/c/ ", PYW_PROXY_SCRIPT_NAME, "/a,b/c"},
    {PYW_PROXY_FORM_PATH, "/", PYW_PROXY_SCRIPT_NAME, ""},
    {PYW_PROXY_FORM_PATH, "", PYW_PROXY_SCRIPT_NAME, ""},
    {PYW_PROXY_FORM_PATH, "//evil.example", PYW_PROXY_SCRIPT_NAME, NULL},
    {PYW_PROXY_FORM_PATH, "/a//b", PYW_PROXY_SCRIPT_NAME, NULL},
    {PYW_PROXY_FORM_PATH, "/evil, /app", PYW_PROXY_SCRIPT_NAME, NULL},
    {PYW_PROXY_FORM_PATH, "app", PYW_PROXY_SCRIPT_NAME, NULL},
    {PYW_PROXY_FORM_PATH, "https://evil.example", PYW_PROXY_SCRIPT_NAME, NULL},
    {PYW_PROXY_FORM_SCHEME, "https", PYW_PROXY_SCHEME, "https"},
    {PYW_PROXY_FORM_SCHEME, "HTTP", PYW_PROXY_SCHEME, "http"},
    {PYW_PROXY_FORM_SCHEME, "http, https", PYW_PROXY_SCHEME, "https"},
    {PYW_PROXY_FORM_SCHEME, "ftp", PYW_PROXY_SCHEME, NULL},
    {PYW_PROXY_FORM_SCHEME, "httpss", PYW_PROXY_SCHEME, NULL},
    {PYW_PROXY_FORM_IS_HTTPS, "on", PYW_PROXY_SCHEME, "https"},
    {PYW_PROXY_FORM_IS_HTTPS, "True", PYW_PROXY_SCHEME, "https"},
    {PYW_PROXY_FORM_IS_HTTPS, "off, 1", PYW_PROXY_SCHEME, "https"},
    {PYW_PROXY_FORM_IS_HTTPS, "Off", PYW_PROXY_SCHEME, "http"},
    {PYW_PROXY_FORM_IS_HTTPS, "false", PYW_PROXY_SCHEME, "http"},
    {PYW_PROXY_FORM_IS_HTTPS, "0", PYW_PROXY_SCHEME, "http"},
    {PYW_PROXY_FORM_IS_HTTPS, "yes", PYW_PROXY_SCHEME, NULL},
};

static void test_other_headers_give_the_last_value_if_it_is_well_formed(void **state)
{
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        read_value(singles[i].form, singles[i].value);
        expect(singles[i].fact, singles[i].expected);
    }
}

static void test_only_the_last_value_is_kept(void **state)
{
    read_value(PYW_PROXY_FORM_HOST, "evil.example, www.example.com");
    expect_text(found.kept, "www.example.com");
}

/* Forwarded: client, port, host, scheme, kept; no client and no kept: nothing is given. */
static const struct {
    const char *value;
    const char *client;
    const char *port;
    const char *host;
    const char *scheme;
    const char *kept;
} forwarded[] = {
    {"for=192.0.2.1;proto=https;host=www.example.com", "192.0.2.1", "0", "www.example.com", "https",
     "for=192.0.2.1;proto=https;host=www.example.com"},
    {"For=\"192.0.2.1:4711\" ; Proto=HTTP ;Host=\"www.example.com:8080\"", "192.0.2.1", "4711", "www.example.com:8080",
     "http", NULL},
    {"for=\"[2001:db8::1]:80\"", "2001:db8::1", "80", NULL, NULL, NULL},
    {"for=\"[2001:db8::1]:_port\"", "2001:db8::1", "0", NULL, NULL, NULL},
    {"for=[2001:db8::1]:80;by=_me", "2001:db8::1", "80", NULL, NULL, NULL},
    {";for=192.0.2.1;;proto=https;", "192.0.2.1", "0", NULL, "https", NULL},
    {"for=192.0.2.1;proto=https, for=10.0.0.1;proto=http;host=inner", "192.0.2.1", "0", "inner", "https",
     "for=192.0.2.1;proto=https, for=10.0.0.1;proto=http;host=inner"},
    {"for=6.6.6.6;host=evil.example, for=192.0.2.1;proto=https", "192.0.2.1", "0", NULL, "https",
     "for=192.0.2.1;proto=https"},
    {"for=6.6.6.6;host=evil.example, for=unknown;proto=https", NULL, NULL, NULL, "https", "for=unknown;proto=https"},
    {"for=6.6.6.6, for=_hidden, for=10.0.0.1", "10.0.0.1", "0", NULL, NULL, "for=_hidden, for=10.0.0.1"},
    {"for=6.6.6.6;host=evil.example, proto=https", NULL, NULL, NULL, "https", "proto=https"},
    {"for=\"6.6.6.6, for=192.0.2.1", "192.0.2.1", "0", NULL, NULL, "for=192.0.2.1"},
    {"host=\"evil.example, for=10.0.0.2, for=\"10.0.0.1\"", "10.0.0.2", "0", NULL, NULL, NULL},
    {"for=192.0.2.1;ext=\"a,b\", for=10.0.0.1", "192.0.2.1", "0", NULL, NULL, NULL},
    {"for=6.6.6.6;for=192.0.2.1", NULL, NULL, NULL, NULL, NULL},
    {"host=a;for=192.0.2.1;host=b", NULL, NULL, NULL, NULL, NULL},
    {"proto=http;proto=https", NULL, NULL, NULL, NULL, NULL},
    {"for=\"192.0.2.1", NULL, NULL, NULL, NULL, NULL},
    {"for=\"192.0.2.1\"x", NULL, NULL, NULL, NULL, NULL},
    {"for=192.0.2.1\"", NULL, NULL, NULL, NULL, NULL},
    {"for=\"192.0.2\\.1\"", NULL, NULL, NULL, NULL, NULL},
    {"for =192.0.2.1", NULL, NULL, NULL, NULL, NULL},
    {"=192.0.2.1", NULL, NULL, NULL, NULL, NULL},
    {"192.0.2.1", NULL, NULL, NULL, NULL, NULL},
    {"for=", NULL, NULL, NULL, NULL, NULL},
    {"proto=ftp;host=a/b", NULL, NULL, NULL, NULL, NULL},
    {"by=10.0.0.1", NULL, NULL, NULL, NULL, NULL},
    {"", NULL, NULL, NULL, NULL, NULL},
};

static void test_forwarded_is_read_as_far_as_proxies_are_trusted(void **state)
{
    for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++) {
        read_value(PYW_PROXY_FORM_FORWARDED, forwarded[i].value);
        expect_client(forwarded[i].client, forwarded[i].port, forwarded[i].kept);
        expect(PYW_PROXY_HOST, forwarded[i].host);
        expect(PYW_PROXY_SCHEME, forwarded[i].scheme);
    }
}

static void test_header_names_are_found_in_any_case(void **state)
{
    assert_string_equal(pyw_proxy_header_find("x-forwarded-FOR")->variable, "HTTP_X_FORWARDED_FOR");
    assert_null(pyw_proxy_header_find("X-Forwarded-Fo"));
    assert_string_equal(pyw_proxy_header_suggest("X-Forwarded-Protocol"), "X-Forwarded-Proto");
    assert_null(pyw_proxy_header_suggest("Something-Else"));
}

/* The variable is the name of the header in environ. */
static void test_the_variable_of_each_header_is_its_name(void **state)
{
    for (const pyw_proxy_header *header = pyw_proxy_headers; header->name; header++) {
        char variable[64] = "HTTP_";

        for (size_t i = 0; header->name[i]; i++) {
            variable[i + 5] =
                header->name[i] == '-' ? '_' : (char)(header->name[i] & ~('a' <= header->name[i] ? 32 : 0));
        }
        assert_string_equal(header->variable, variable);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_client_is_the_last_address_that_is_no_proxy),
        cmocka_unit_test(test_without_a_list_of_proxies_the_client_is_the_first_address),
        cmocka_unit_test(test_other_headers_give_the_last_value_if_it_is_well_formed),
        cmocka_unit_test(test_only_the_last_value_is_kept),
        cmocka_unit_test(test_forwarded_is_read_as_far_as_proxies_are_trusted),
        cmocka_unit_test(test_header_names_are_found_in_any_case),
        cmocka_unit_test(test_the_variable_of_each_header_is_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
