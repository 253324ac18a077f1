/* SPDX-License-Identifier: Apache-2.0 */
/* A template: one process loads applications, and forked processes serve them. */
#include "test_engine.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t plain_fork(void)
{
    return fork();
}

/* 0: correct. In the forked process a failed assertion would run the rest of the suite. */
static int check_content(pyw_application *application, const char *path, const char *content)
{
    memory_exchange got;
    int differs;

    host_get(&got, application, path);
    differs = got.outcome != PYW_DONE || strcmp(memory_content(&got), content) != 0;
    if (differs) {
        fprintf(stderr, "%s: '%s' %s%s\n", path, memory_content(&got), memory_log(&got), host_log());
    }
    memory_exchange_free(&got);
    return differs;
}

static int be_worker(pyw_application *main, pyw_application *other)
{
    int failed = host_engine->load(main) != PYW_OK || host_engine->load(other) != PYW_OK;

    failed |= check_content(main, "/", "1 1");
    failed |= check_content(other, "/", "0 1");
    host_engine->stop(0, 0, "shutdown_signal");
    return failed;
}

static void forked_processes_have_what_was_loaded(void **state)
{
    pyw_application *main = host_script("hooked.wsgi", "");
    pyw_application *other = host_script("hooked.wsgi", "other");

    host_log_clear();
    assert_int_equal(host_engine->load(main), PYW_OK);
    assert_int_equal(host_engine->load(other), PYW_OK);
    assert_non_null(strstr(host_log(), "PYW0528"));
    host_log_clear();
    host_engine->settle();
    assert_string_equal(host_log(), "");
    for (int i = 0; i < 3; i++) {
        pid_t pid = host_engine->fork(plain_fork);
        int status;

        if (pid == 0) {
            _exit(be_worker(main, other));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

static void what_does_not_load_is_tried_again_in_another_template_only(void **state)
{
    pyw_application *application = host_script("broken.wsgi", "");

    host_log_clear();
    assert_int_equal(host_engine->load(application), PYW_FAILED);
    assert_non_null(strstr(host_log(), "ValueError: at import"));
}

const struct CMUnitTest template_tests[] = {
    cmocka_unit_test(forked_processes_have_what_was_loaded),
    cmocka_unit_test(what_does_not_load_is_tried_again_in_another_template_only),
};
const size_t template_test_count = sizeof(template_tests) / sizeof(template_tests[0]);
