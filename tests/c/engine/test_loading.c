/* SPDX-License-Identifier: Apache-2.0 */
/* Applications and their sources: scripts, modules, failures, interpreters, reloading. */
#include "test_engine.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int in_place; /* an httpd child executes a changed script again */

static void expect_content(pyw_application *application, const char *path, const char *content)
{
    memory_exchange got;

    host_get(&got, application, path);
    if (got.outcome != PYW_DONE) {
        print_message("%s%s", memory_log(&got), host_log());
    }
    assert_int_equal(got.outcome, PYW_DONE);
    assert_string_equal(memory_content(&got), content);
    memory_exchange_free(&got);
}

static void expect_error(pyw_application *application, int status, const char *log)
{
    memory_exchange got;

    host_get(&got, application, "/");
    assert_int_equal(got.finished, 1);
    assert_int_equal(got.outcome, PYW_ERROR);
    assert_int_equal(got.error_status, status);
    assert_non_null(strstr(memory_log(&got), log));
    memory_exchange_free(&got);
}

/* Writes a script below TMPDIR atomically, as an editor or a deployment does. */
static void write_script(const char *path, const char *text)
{
    char fresh[256];
    FILE *file;

    snprintf(fresh, sizeof(fresh), "%s.new", path);
    file = fopen(fresh, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, path), 0);
}

static const char *script_path(char *path, size_t size)
{
    const char *directory = getenv("TMPDIR");

    snprintf(path, size, "%s/pyw-engine-XXXXXX", directory != NULL ? directory : "/tmp");
    assert_non_null(mkdtemp(path));
    strncat(path, "/script.wsgi", size - strlen(path) - 1);
    return path;
}

static void remove_script(char *path)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static void expect_problem(pyw_application *application, const char *expected)
{
    char text[64];

    host_engine->load_problem(application, text, sizeof(text));
    assert_string_equal(text, expected);
}

static void the_reason_of_a_failure_is_the_last_line_of_its_traceback(void **state)
{
    char path[256];
    pyw_application *application;

    script_path(path, sizeof(path));
    write_script(path, "raise ValueError('two\\nlines\\x00here')\n");
    application = host_script_path(path, "", 0, 1);
    assert_int_equal(host_engine->load(application), PYW_FAILED);
    expect_problem(application, "lines");
    write_script(path, "raise ValueError('\\ud800' + 'x' * 1000)\n");
    host_engine->load(application);
    assert_int_equal(host_engine->load(application), PYW_FAILED);
    expect_problem(application, "ValueError: \\ud800xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    write_script(path, "def application(environ, start_response): pass\n");
    assert_int_equal(host_engine->load(application), PYW_OK);
    expect_problem(application, "");
    remove_script(path);
}

static void a_failed_import_names_file_and_line(void **state)
{
    pyw_application *application = host_script("broken.wsgi", "");

    host_log_clear();
    expect_error(application, 500, "PYW0611");
    assert_non_null(strstr(host_log(), "PYW0610"));
    assert_non_null(strstr(host_log(), "broken.wsgi\", line 4"));
    assert_non_null(strstr(host_log(), "ValueError: at import"));
    host_log_clear();
    expect_error(application, 500, "PYW0611");
    assert_string_equal(host_log(), ""); /* no retry yet */
    assert_int_equal(host_engine->load(application), PYW_FAILED);
}

static void a_syntax_error_names_file_and_line(void **state)
{
    host_log_clear();
    expect_error(host_script("syntax.wsgi", ""), 500, "PYW0611");
    assert_non_null(strstr(host_log(), "syntax.wsgi\", line 3"));
}

static void a_missing_callable_says_what_to_write(void **state)
{
    host_log_clear();
    expect_error(host_script("nameless.wsgi", ""), 500, "PYW0611");
    assert_non_null(strstr(host_log(), "PYW0613"));
    assert_non_null(strstr(host_log(), "callables in it: handler"));
}

static void a_missing_script_is_404(void **state)
{
    expect_error(host_script("nowhere.wsgi", ""), 404, "PYW0612");
    assert_int_equal(host_engine->load(host_script("nowhere.wsgi", "")), PYW_FAILED);
}

static void a_repaired_script_is_loaded_at_once(void **state)
{
    char path[256];
    pyw_application *application = host_script_path(script_path(path, sizeof(path)), "", 0, 1);

    write_script(path, "raise ValueError\n");
    expect_error(application, 500, "PYW0611");
    assert_false(host_engine->changed(application));
    write_script(path, "def application(environ, start_response):\n"
                       "    start_response('200 OK', [])\n"
                       "    return [b'repaired']\n");
    expect_content(application, "/", "repaired");
    remove_script(path);
}

static void write_version(const char *path, const char *version)
{
    char text[256];

    snprintf(text, sizeof(text),
             "def application(environ, start_response):\n"
             "    start_response('200 OK', [])\n    return [b'version %s']\n",
             version);
    write_script(path, text);
}

static void a_changed_script_is_noticed(void **state)
{
    char path[256];
    pyw_application *application = host_script_path(script_path(path, sizeof(path)), "", 0, 1);

    write_version(path, "one");
    expect_content(application, "/", "version one");
    assert_false(host_engine->changed(application));
    write_version(path, "two");
    assert_true(host_engine->changed(application));
    expect_content(application, "/", in_place ? "version two" : "version one");
    assert_int_equal(host_engine->changed(application), !in_place);
    host_log_clear();
    write_script(path, "def application(:\n");
    expect_content(application, "/", in_place ? "version two" : "version one");
    expect_content(application, "/", in_place ? "version two" : "version one");
    assert_int_equal(strstr(host_log(), "PYW0614") != NULL, in_place);
    remove_script(path);
}

static void modules_and_factories_are_found(void **state)
{
    expect_content(host_module("sitepackage.inner", "create_app()"), "/", "made");
    expect_content(host_module("sitepackage.inner", "site.app"), "/", "made");
    host_log_clear();
    expect_error(host_module("sitepackage.inner", "site.other"), 500, "PYW0611");
    assert_non_null(strstr(host_log(), "no \"other\""));
    expect_error(host_module("sitepackage.nothing", "app"), 500, "PYW0611");
    assert_non_null(strstr(host_log(), "ModuleNotFoundError"));
}

static void other_groups_have_interpreters_of_their_own(void **state)
{
    memory_exchange got;

    host_get(&got, host_script("app.wsgi", "other"), "/environ_keys");
    assert_non_null(strstr(memory_content(&got), "pywsgi.application_group='other'"));
    memory_exchange_free(&got);
    expect_content(host_script("app.wsgi", "third"), "/hello", "Hello World!\n");
    expect_content(host_script("app.wsgi", "other"), "/thread_local", "1");
    expect_content(host_script("app.wsgi", "other"), "/thread_local", "2");
    expect_content(host_script("app.wsgi", ""), "/thread_local", "1");
    expect_content(host_script("app.wsgi", "third"), "/file_sent", "3456789");
    expect_content(host_script("app.wsgi", "third"), "/generator", "one two");
}

static void the_same_application_is_registered_once(void **state)
{
    assert_ptr_equal(host_script("app.wsgi", ""), host_script("app.wsgi", ""));
    assert_ptr_not_equal(host_script("app.wsgi", ""), host_script("app.wsgi", "other"));
}

/* The main interpreter belongs to "" since the suites began; a default group comes too late. */
static void further_default_groups_leave_main_alone(void **state)
{
    memory_exchange got;
    char path[256];

    script_path(path, sizeof(path));
    write_script(path, "def application(environ, start_response):\n"
                       "    start_response('200 OK', [])\n"
                       "    return [environ['pywsgi.application_group'].encode()]\n");
    host_get(&got, host_script_path(path, "site|/", 1, 0), "/");
    assert_string_equal(memory_content(&got), "site|/");
    memory_exchange_free(&got);
    remove_script(path);
}

/* Writes the stacks to a new file, which the caller closes. */
static FILE *dump(char *text, size_t size)
{
    FILE *file = tmpfile();
    size_t length;

    assert_non_null(file);
    host_engine->dump_stacks(fileno(file));
    rewind(file);
    length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    return file;
}

static int has_stacks(void)
{
    char text[4096];

    fclose(dump(text, sizeof(text)));
    return strstr(text, "hread 0x") != NULL;
}

/* The dump goes to a private file, so check only that it is written and takes no GIL. */
static void stacks_are_dumped(void **state)
{
    assert_true(has_stacks());
}

static atomic_int is_dumping;

/* NULL: descriptor 2 was temporarily another file. */
static void *watch_stderr(void *data)
{
    struct stat before, now;

    fstat(STDERR_FILENO, &before);
    do {
        if (fstat(STDERR_FILENO, &now) < 0 || now.st_ino != before.st_ino || now.st_dev != before.st_dev) {
            data = NULL;
        }
    } while (atomic_load(&is_dumping));
    return data;
}

static void *dump_often(void *data)
{
    for (int i = 0; i < 50; i++) {
        if (!has_stacks()) {
            data = NULL;
        }
    }
    return data;
}

static void threads_dump_at_the_same_time_and_the_log_stays_where_it_is(void **state)
{
    pthread_t watcher, dumpers[3];
    void *result;
    int mark;

    atomic_store(&is_dumping, 1);
    assert_int_equal(pthread_create(&watcher, NULL, watch_stderr, &mark), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&dumpers[i], NULL, dump_often, &mark), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(dumpers[i], &result);
        assert_non_null(result);
    }
    atomic_store(&is_dumping, 0);
    pthread_join(watcher, &result);
    assert_non_null(result);
}

enum { FD_MOST = 64 };

/* In a child process: closes all descriptors, and opens others with the same numbers. */
static int dump_among_strangers(void)
{
    struct stat before, now;
    char text[4096];
    int changed = 0;

    for (int fd = STDERR_FILENO + 1; fd < FD_MOST; fd++) {
        close(fd);
    }
    for (int fd = STDERR_FILENO + 1; fd < FD_MOST; fd++) {
        open("/dev/null", O_RDWR);
    }
    fstat(STDERR_FILENO + 1, &before);
    fclose(dump(text, sizeof(text)));
    for (int fd = STDERR_FILENO + 1; fd < FD_MOST; fd++) {
        changed |= fstat(fd, &now) < 0 || now.st_ino != before.st_ino;
    }
    return changed || text[0] == '\0';
}

static void descriptors_of_the_application_are_not_touched(void **state)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        alarm(10);
        _exit(dump_among_strangers());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(has_stacks());
}

const struct CMUnitTest loading_tests[] = {
    cmocka_unit_test(a_failed_import_names_file_and_line),
    cmocka_unit_test(the_reason_of_a_failure_is_the_last_line_of_its_traceback),
    cmocka_unit_test(a_syntax_error_names_file_and_line),
    cmocka_unit_test(a_missing_callable_says_what_to_write),
    cmocka_unit_test(a_missing_script_is_404),
    cmocka_unit_test(a_repaired_script_is_loaded_at_once),
    cmocka_unit_test(a_changed_script_is_noticed),
    cmocka_unit_test(modules_and_factories_are_found),
    cmocka_unit_test(other_groups_have_interpreters_of_their_own),
    cmocka_unit_test(the_same_application_is_registered_once),
    cmocka_unit_test(further_default_groups_leave_main_alone),
    cmocka_unit_test(stacks_are_dumped),
    cmocka_unit_test(threads_dump_at_the_same_time_and_the_log_stays_where_it_is),
    cmocka_unit_test(descriptors_of_the_application_are_not_touched),
};
const size_t loading_test_count = sizeof(loading_tests) / sizeof(loading_tests[0]);

void loading_set_in_place(int on)
{
    in_place = on;
}
