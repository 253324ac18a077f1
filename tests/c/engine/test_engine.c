/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_engine engine.so tests/c/engine daemon|embedded|template: one process, one engine, its suites, an orderly
 * stop.
 */
#include "test_engine.h"

#include <stdio.h>
#include <string.h>

static void threads_and_interpreters_end_in_order(void **state)
{
    host_log_clear();
    host_engine->stop(0, 0, "shutdown_signal");
    assert_string_equal(host_log(), "<5> exit function\n");
}

static void stop_again_does_nothing(void **state)
{
    host_engine->stop(0, 0, "shutdown_signal");
    host_engine->thread_end();
}

static const struct CMUnitTest stop_tests[] = {
    cmocka_unit_test(threads_and_interpreters_end_in_order),
    cmocka_unit_test(stop_again_does_nothing),
};

/* A process that serves runs the suites of requests and is stopped; a template runs the suites of forking. */
static int run_suites(int is_embedded)
{
    int failures = 0;

    loading_set_in_place(is_embedded);
    failures += _cmocka_run_group_tests("responses", response_tests, response_test_count, NULL, NULL);
    failures += _cmocka_run_group_tests("streams", stream_tests, stream_test_count, NULL, NULL);
    failures += _cmocka_run_group_tests("loading", loading_tests, loading_test_count, NULL, NULL);
    failures += _cmocka_run_group_tests("deadlines", deadline_tests, deadline_test_count, NULL, NULL);
    failures += _cmocka_run_group_tests("threads", thread_tests, thread_test_count, NULL, NULL);
    failures += _cmocka_run_group_tests("stop", stop_tests, sizeof(stop_tests) / sizeof(stop_tests[0]), NULL, NULL);
    return failures;
}

int main(int argc, char **argv)
{
    int is_template, is_embedded;

    if (argc != 4) {
        fprintf(stderr, "usage: test_engine engine.so tests/c/engine daemon|embedded|template\n");
        return 2;
    }
    is_template = strcmp(argv[3], "template") == 0;
    is_embedded = strcmp(argv[3], "embedded") == 0;
    host_start(argv[1], argv[2], !is_embedded, is_template);
    print_message("Python %s\n", host_engine->python_version);
    if (is_template) {
        return _cmocka_run_group_tests("template", template_tests, template_test_count, NULL, NULL) != 0;
    }
    return run_suites(is_embedded) != 0;
}
