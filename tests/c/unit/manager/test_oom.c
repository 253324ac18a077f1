/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manager/child/oom.h"

static char root[64];
static char file[PYW_OOM_PATH];

static void write_file(const char *name, const char *text)
{
    char path[256];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", root, name);
    out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void make_directory(const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static int make_root(void **state)
{
    strcpy(root, "/tmp/pyw-oom.XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", root);
    return system(command);
}

static void expect_file(const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_string_equal(file, path);
}

static void test_version_2_is_found(void **state)
{
    make_directory("app");
    write_file("app/memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 0\n");
    assert_true(pyw_oom_find(file, root, "9:name=systemd:/x\n0::/app\n"));
    expect_file("app/memory.events");
}

static void test_version_1_is_found(void **state)
{
    make_directory("memory");
    make_directory("memory/app");
    write_file("memory/app/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
    assert_true(pyw_oom_find(file, root, "5:cpu,cpuacct:/\n4:memory:/app\n0::/\n"));
    expect_file("memory/app/memory.oom_control");
}

static void test_no_file_is_no_finding(void **state)
{
    assert_false(pyw_oom_find(file, root, "4:memory:/app\n0::/app\n"));
    assert_string_equal(file, "");
    assert_false(pyw_oom_find(file, root, ""));
    assert_false(pyw_oom_find(file, root, "nonsense\n\n:::\n0:"));
}

static void begin(pyw_oom *oom, const char *counter)
{
    memset(oom, 0, sizeof(*oom));
    write_file("memory.events", counter);
    assert_true(pyw_oom_find(oom->file, root, "0::\n"));
}

static void test_only_new_kills_count(void **state)
{
    pyw_oom oom;

    begin(&oom, "oom 9\noom_kill 4\n");
    oom.before = 4;
    assert_int_equal(pyw_oom_kills(&oom), 0);
    write_file("memory.events", "oom 9\noom_kill 6\n");
    assert_int_equal(pyw_oom_kills(&oom), 2);
    write_file("memory.events", "oom 9\n");
    assert_int_equal(pyw_oom_kills(&oom), 0);
    write_file("memory.events", "");
    assert_int_equal(pyw_oom_kills(&oom), 0);
}

/* One kill by the kernel explains one death, not the death of a sibling that was killed in the same second. */
static void test_a_kill_is_taken_once(void **state)
{
    pyw_oom first, second, elsewhere = {0};

    begin(&first, "oom_kill 1\n");
    second = first;
    strcpy(elsewhere.file, "/other/memory.events");
    assert_int_equal(pyw_oom_kills(&first), 1);
    pyw_oom_take(&second, first.file);
    pyw_oom_take(&elsewhere, first.file);
    assert_int_equal(pyw_oom_kills(&second), 0);
    assert_int_equal(elsewhere.before, 0);
}

static void test_a_process_that_has_exited_changes_nothing(void **state)
{
    pyw_oom oom = {.file = "/x", .before = 1, .last = 2};

    pyw_oom_look(&oom, 0x7ffffffe);
    assert_string_equal(oom.file, "/x");
    assert_int_equal(oom.before, 1);
    assert_int_equal(oom.last, 2);
    assert_int_equal(pyw_oom_kills(&oom), 0);
}

/* Its cgroup may have changed. */
static void test_a_process_that_has_ended_changes_nothing(void **state)
{
    pyw_oom oom = {.file = "/x", .before = 1, .last = 2};
    pid_t pid = fork();
    siginfo_t info;

    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    pyw_oom_look(&oom, pid);
    assert_string_equal(oom.file, "/x");
    assert_int_equal(oom.before, 1);
    waitpid(pid, NULL, 0);
}

static void test_our_own_cgroup_can_be_looked_at(void **state)
{
    pyw_oom oom = {0};

    pyw_oom_look(&oom, getpid());
    pyw_oom_look(&oom, getpid());
    assert_int_equal(pyw_oom_kills(&oom), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_version_2_is_found, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_version_1_is_found, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_no_file_is_no_finding, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_only_new_kills_count, make_root, remove_root),
        cmocka_unit_test_setup_teardown(test_a_kill_is_taken_once, make_root, remove_root),
        cmocka_unit_test(test_a_process_that_has_exited_changes_nothing),
        cmocka_unit_test(test_a_process_that_has_ended_changes_nothing),
        cmocka_unit_test(test_our_own_cgroup_can_be_looked_at),
    };

    return cmocka_run_group_tests_name("oom", tests, NULL, NULL);
}
