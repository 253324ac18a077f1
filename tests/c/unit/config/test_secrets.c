/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <apr_general.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "config/options/secrets.h"

static void test_a_child_reads_zeros(void **state)
{
    apr_pool_t *pool;
    pyw_secrets *secrets;
    char *text;
    int status;
    pid_t pid;

    apr_pool_create(&pool, NULL);
    secrets = pyw_secrets_create(pool);
    text = pyw_secrets_copy(secrets, pool, "PASSWORD=hunter2");
    pid = fork();
    if (pid == 0) {
        char zeros[sizeof("PASSWORD=hunter2")] = "";

        _exit(memcmp(text, zeros, sizeof(zeros)) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_string_equal(text, "PASSWORD=hunter2");
    apr_pool_destroy(pool);
}

static void test_texts_of_any_size_have_room_and_are_found(void **state)
{
    apr_pool_t *pool;
    pyw_secrets *secrets;

    apr_pool_create(&pool, NULL);
    secrets = pyw_secrets_create(pool);
    for (size_t size = 1; size < 1024 * 1024; size *= 3) {
        char *memory = pyw_secrets_allocate(secrets, pool, size);

        assert_non_null(memory);
        memset(memory, 'x', size);
        assert_true(pyw_secrets_are_in(secrets, (uintptr_t)memory, (uintptr_t)memory + size));
    }
    assert_false(pyw_secrets_are_in(secrets, (uintptr_t)secrets, (uintptr_t)secrets + 1));
    apr_pool_destroy(pool);
}

static void test_a_secret_buffer_keeps_its_bytes_while_it_grows(void **state)
{
    pyw_buffer buffer = {.is_secret = 1};

    for (int i = 0; i < 1000; i++) {
        pyw_buffer_append(&buffer, "0123456789", 10);
    }
    assert_int_equal(buffer.length, 10000);
    assert_memory_equal(buffer.data + 9990, "0123456789", 10);
    pyw_buffer_reset(&buffer, 1024 * 1024);
    assert_null(buffer.data);
    assert_true(buffer.is_secret);
    pyw_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_reads_zeros),
        cmocka_unit_test(test_texts_of_any_size_have_room_and_are_found),
        cmocka_unit_test(test_a_secret_buffer_keeps_its_bytes_while_it_grows),
    };

    apr_initialize();
    return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
