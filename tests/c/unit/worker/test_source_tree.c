/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_test.h"

#include <apr_general.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/options/options.h"
#include "worker/watch/source_tree.h"

static char directory[] = "/tmp/pyw.treeXXXXXX";
static apr_pool_t *pool;
static char found[4000]; /* the visited names, each with a space */
static int visits;
static pyw_file_list *known;

/* Runs a command in the directory. */
static void shell(const char *command)
{
    char line[500];

    snprintf(line, sizeof(line), "cd %s && %s", directory, command);
    assert_int_equal(system(line), 0);
}

static void touch(const char *name)
{
    char command[300];

    snprintf(command, sizeof(command), "mkdir -p \"$(dirname %s)\" && touch %s", name, name);
    shell(command);
}

static const char *note(void *baton, const char *path, pyw_file_kind kind)
{
    size_t used = strlen(found);

    visits++;
    snprintf(found + used, sizeof(found) - used, "%s%s ", kind == PYW_FILE_CODE ? "+" : "",
             path + strlen(directory) + 1);
    return NULL;
}

/* 1: the whole tree was walked. */
static int walk(const char *exclude)
{
    pyw_group_options *options = pyw_options_create(pool, "blog");
    int is_partial = 0;

    options->worker.home = directory;
    options->worker.reload_exclude = exclude;
    found[0] = '\0';
    visits = 0;
    assert_null(pyw_source_tree_walk(pyw_source_tree_create(&options->worker), 0, known, note, NULL, &is_partial));
    return !is_partial;
}

static int clean(void **state)
{
    shell("find . -mindepth 1 -delete");
    return 0;
}

static void expect(const char *name, const char *visited)
{
    clean(NULL);
    touch(name);
    assert_true(walk(NULL));
    if (strcmp(found, visited) != 0) {
        fail_msg("%s: visited '%s' instead of '%s'", name, found, visited);
    }
}

static void test_names_of_sources_are_visited_and_data_is_not(void **state)
{
    expect("a.py", "+a.py ");
    expect("deep/er/a.so", "+deep/er/a.so ");
    expect("templates/a.html", "templates/a.html ");
    expect(".env", ".env ");
    expect(".env.local", ".env.local ");
    expect("db.sqlite3", "");
    expect("a.pyc", "");
    expect("Makefile", "");
    expect(".hidden.html", "");
    expect(".git/a.py", "");
    expect("__pycache__/a.py", "");
    expect("node_modules/a.js", "");
    expect("lib/site-packages/a.py", "");
    expect("uploads/a.html", "");
}

static void test_a_package_with_the_name_of_data_is_visited(void **state)
{
    touch("media/__init__.py");
    assert_true(walk(NULL));
    assert_string_equal(found, "+media/__init__.py ");
}

static void test_a_virtual_environment_is_not_visited(void **state)
{
    touch("venv/pyvenv.cfg");
    touch("venv/a.py");
    assert_true(walk(NULL));
    assert_string_equal(found, "");
}

static void test_a_link_to_a_directory_is_not_followed(void **state)
{
    touch("a.py");
    shell("ln -s . loop");
    assert_true(walk(NULL));
    assert_string_equal(found, "+a.py ");
}

static void test_patterns_exclude_names_and_paths(void **state)
{
    char path[100];

    touch("generated/a.html");
    touch("public/a.json");
    touch("c.json");
    assert_true(walk("generated,*.json"));
    assert_string_equal(found, "");
    snprintf(path, sizeof(path), "%s/public,generated", directory);
    assert_true(walk(path));
    assert_string_equal(found, "c.json ");
}

static void test_an_excluded_directory_excludes_the_paths_below_it(void **state)
{
    pyw_group_options *options = pyw_options_create(pool, "blog");
    const pyw_source_tree *tree;

    options->worker.reload_exclude = "generated,/srv/data";
    tree = pyw_source_tree_create(&options->worker);
    assert_true(pyw_source_tree_excludes(tree, "/srv/generated/a/b.py"));
    assert_true(pyw_source_tree_excludes(tree, "/srv/data/b.py"));
    assert_false(pyw_source_tree_excludes(tree, "/srv/database/b.py"));
}

static void test_known_files_are_not_visited(void **state)
{
    static const struct timespec never = {INT32_MAX, 0};
    char path[100];

    touch("a.html");
    touch("b.html");
    snprintf(path, sizeof(path), "%s/a.html", directory);
    pyw_file_list_add(known, path, PYW_FILE_TEXT, &never);
    assert_true(walk(NULL));
    assert_string_equal(found, "b.html ");
}

static void test_a_walk_ends_at_its_limit(void **state)
{
    shell("mkdir many && cd many && seq -f %.0f.html 21000 | xargs touch");
    assert_false(walk(NULL));
    assert_in_range(visits, 1, 20000);
}

static void test_directories_of_the_system_are_not_walked(void **state)
{
    pyw_group_options *options = pyw_options_create(pool, "blog");
    int is_partial = 0;

    options->worker.home = "/";
    options->worker.python_path = "/usr/lib/:/etc:/srv";
    visits = 0;
    pyw_source_tree_walk(pyw_source_tree_create(&options->worker), 0, known, note, NULL, &is_partial);
    assert_int_equal(visits, 0);
}

static int make_directory(void **state)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    known = pyw_file_list_create();
    return known == NULL || mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -r %s", directory);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_names_of_sources_are_visited_and_data_is_not, clean),
        cmocka_unit_test_setup(test_a_package_with_the_name_of_data_is_visited, clean),
        cmocka_unit_test_setup(test_a_virtual_environment_is_not_visited, clean),
        cmocka_unit_test_setup(test_a_link_to_a_directory_is_not_followed, clean),
        cmocka_unit_test_setup(test_patterns_exclude_names_and_paths, clean),
        cmocka_unit_test_setup(test_an_excluded_directory_excludes_the_paths_below_it, clean),
        cmocka_unit_test_setup(test_known_files_are_not_visited, clean),
        cmocka_unit_test_setup(test_a_walk_ends_at_its_limit, clean),
        cmocka_unit_test_setup(test_directories_of_the_system_are_not_walked, clean),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
