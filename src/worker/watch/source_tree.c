/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/watch/source_tree.h"

#include <apr_pools.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* The limits of a walk. */
enum { ENTRIES_MOST = 20000, WALK_MOST_US = 500 * 1000, DEPTH_MOST = 16 };

struct pyw_source_tree {
    apr_pool_t *pool;
    apr_array_header_t *roots;    /* elements: const char * */
    apr_array_header_t *excluded; /* elements: const char *, names or paths with wildcards */
};

typedef struct walk {
    const pyw_source_tree *tree;
    const pyw_file_list *known;
    pyw_source_visit *visit;
    void *baton;
    int entries;
    int64_t ends_at;
    dev_t device;    /* of the root */
    int skips_owned; /* files of the process's own user are data: the code belongs to another user */
    char path[PATH_MAX];
} walk;

static const char *const code_endings[] = {".py", ".so", NULL};

static const char *const text_endings[] = {
    ".html",    ".htm",  ".xhtml", ".xml",  ".txt", ".md",  ".rst", ".j2",   ".jinja", ".jinja2",
    ".mako",    ".tmpl", ".tpl",   ".pt",   ".zpt", ".css", ".js",  ".mo",   ".po",    ".sql",
    ".graphql", ".json", ".toml",  ".yaml", ".yml", ".ini", ".cfg", ".conf", ".env",   NULL};

/* A directory with such a name contains data, unless it is a Python package. */
static const char *const data_names[] = {"cache",    "log", "logs",   "media",   "session",
                                         "sessions", "tmp", "upload", "uploads", NULL};

/* A directory with such a name contains no code of the application; imported modules are recorded by themselves. */
static const char *const foreign_names[] = {"__pycache__", "node_modules", "site-packages", "dist-packages", NULL};

/* Directories that a script or home= may be in, but that belong to the whole system. */
static const char *const system_directories[] = {
    "/",        "/bin",     "/dev",       "/etc",       "/home",    "/lib",     "/media",   "/mnt", "/opt",
    "/proc",    "/root",    "/run",       "/srv",       "/sbin",    "/sys",     "/tmp",     "/usr", "/var",
    "/usr/bin", "/usr/lib", "/usr/local", "/usr/share", "/var/lib", "/var/log", "/var/tmp", NULL};

static int is_one_of(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(name, *names) != 0) {
        names++;
    }
    return *names != NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Adds the first `length` bytes of the path, without slashes at the end, unless it is listed. */
static void add_root(pyw_source_tree *tree, const char *path, size_t length)
{
    char *root;

    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    root = apr_pstrmemdup(tree->pool, path, length);
    if (is_one_of(root, system_directories) || is_one_of(base_name(root), foreign_names)) {
        return;
    }
    for (int i = 0; i < tree->roots->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(tree->roots, i, const char *), root) == 0) {
            return;
        }
    }
    APR_ARRAY_PUSH(tree->roots, const char *) = root;
}

void pyw_source_tree_add_script(pyw_source_tree *tree, const char *script)
{
    const char *slash = strrchr(script, '/');

    if (slash != NULL) {
        add_root(tree, script, (size_t)(slash - script));
    }
}

static void add_scripts(pyw_source_tree *tree, const apr_array_header_t *applications)
{
    for (int i = 0; i < applications->nelts; i++) {
        const pyw_application_option *application = APR_ARRAY_IDX(applications, i, const pyw_application_option *);

        if (!application->is_module) {
            pyw_source_tree_add_script(tree, application->target);
        }
    }
}

static void split_list(apr_pool_t *pool, apr_array_header_t *parts, const char *text, const char *separator)
{
    char *state = NULL;
    char *copy = apr_pstrdup(pool, text != NULL ? text : "");

    for (char *part = apr_strtok(copy, separator, &state); part != NULL; part = apr_strtok(NULL, separator, &state)) {
        APR_ARRAY_PUSH(parts, const char *) = part;
    }
}

pyw_source_tree *pyw_source_tree_create(const pyw_worker_options *options)
{
    apr_array_header_t *path;
    pyw_source_tree *tree;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_tag(pool, "pywsgi_source_tree");
    tree = apr_pcalloc(pool, sizeof(*tree));
    tree->pool = pool;
    tree->roots = apr_array_make(pool, 4, sizeof(const char *));
    tree->excluded = apr_array_make(pool, 4, sizeof(const char *));
    path = apr_array_make(pool, 4, sizeof(const char *));
    split_list(pool, tree->excluded, options->reload_exclude, ",");
    split_list(pool, path, options->python_path, ":");
    add_scripts(tree, options->applications);
    add_scripts(tree, options->imports);
    for (int i = 0; i < path->nelts; i++) {
        const char *entry = APR_ARRAY_IDX(path, i, const char *);

        add_root(tree, entry, strlen(entry));
    }
    if (options->home != NULL) {
        add_root(tree, options->home, strlen(options->home));
    }
    return tree;
}

int pyw_source_tree_count(const pyw_source_tree *tree)
{
    return tree->roots->nelts;
}

static int matches(const char *pattern, const char *path)
{
    return strchr(pattern, '/') != NULL ? fnmatch(pattern, path, FNM_LEADING_DIR) == 0
                                        : fnmatch(pattern, base_name(path), 0) == 0;
}

/* Is the file or directory itself excluded? */
static int is_excluded(const pyw_source_tree *tree, const char *path)
{
    for (int i = 0; i < tree->excluded->nelts; i++) {
        if (matches(APR_ARRAY_IDX(tree->excluded, i, const char *), path)) {
            return 1;
        }
    }
    return 0;
}

int pyw_source_tree_excludes(const pyw_source_tree *tree, const char *path)
{
    char above[PATH_MAX];
    char *slash;

    if (tree->excluded->nelts == 0 || strlen(path) >= sizeof(above)) {
        return 0;
    }
    memcpy(above, path, strlen(path) + 1);
    while (above[0] != '\0' && !is_excluded(tree, above) && (slash = strrchr(above, '/')) != NULL) {
        *slash = '\0';
    }
    return above[0] != '\0' && is_excluded(tree, above);
}

static int ends_with(const char *name, const char *const *endings)
{
    size_t length = strlen(name);

    for (; *endings != NULL; endings++) {
        size_t ending = strlen(*endings);

        if (length >= ending && strcmp(name + length - ending, *endings) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Hidden files are caches and temporary files of editors, except settings. */
static int is_source(const char *name, pyw_file_kind *kind)
{
    *kind = ends_with(name, code_endings) ? PYW_FILE_CODE : PYW_FILE_TEXT;
    if (name[0] == '.') {
        return strncmp(name, ".env", 4) == 0 || strcmp(name, ".flaskenv") == 0;
    }
    return *kind == PYW_FILE_CODE || ends_with(name, text_endings);
}

static int is_data(const walk *at)
{
    struct stat found;

    return at->skips_owned && stat(at->path, &found) == 0 && found.st_uid == geteuid();
}

/* The walk stays in the file system of the root, and out of virtual environments and of data. */
static int is_entered(const walk *at, int fd)
{
    const char *name = base_name(at->path);
    struct stat found;

    return fstat(fd, &found) == 0 && found.st_dev == at->device && faccessat(fd, "pyvenv.cfg", F_OK, 0) != 0 &&
           (!is_one_of(name, data_names) || faccessat(fd, "__init__.py", F_OK, 0) == 0);
}

static int is_over(const walk *at)
{
    return at->entries > ENTRIES_MOST || pyw_clock_us() > at->ends_at;
}

static int is_directory(const walk *at, const struct dirent *entry)
{
    struct stat found;

    if (entry->d_type != DT_UNKNOWN) {
        return entry->d_type == DT_DIR;
    }
    return lstat(at->path, &found) == 0 && S_ISDIR(found.st_mode);
}

static const char *visit_file(walk *at, const char *name)
{
    pyw_file_kind kind;

    return is_source(name, &kind) && !pyw_file_list_has(at->known, at->path) && !is_data(at)
               ? at->visit(at->baton, at->path, kind)
               : NULL;
}

static const char *walk_directory(walk *at, int depth);

/* An entry of the directory whose path is the first `length` bytes of at->path. */
static const char *visit_entry(walk *at, size_t length, const struct dirent *entry, int depth)
{
    size_t room = sizeof(at->path) - length;

    if (snprintf(at->path + length, room, "/%s", entry->d_name) >= (int)room || is_excluded(at->tree, at->path)) {
        return NULL;
    }
    if (!is_directory(at, entry)) {
        return visit_file(at, entry->d_name);
    }
    if (entry->d_name[0] == '.' || depth == DEPTH_MOST || is_one_of(entry->d_name, foreign_names)) {
        return NULL;
    }
    return walk_directory(at, depth + 1);
}

/* The directory at->path. */
static const char *walk_directory(walk *at, int depth)
{
    size_t length = strlen(at->path);
    DIR *entries = opendir(at->path);
    const char *result = NULL;
    const struct dirent *entry;

    if (entries == NULL) {
        return NULL;
    }
    if (depth == 0 || is_entered(at, dirfd(entries))) {
        while (result == NULL && !is_over(at) && (entry = readdir(entries)) != NULL) {
            at->entries++;
            result = visit_entry(at, length, entry, depth);
        }
    }
    closedir(entries);
    return result;
}

static const char *walk_root(walk *at, const char *root)
{
    struct stat found;

    if (stat(root, &found) != 0 || snprintf(at->path, sizeof(at->path), "%s", root) >= (int)sizeof(at->path)) {
        return NULL;
    }
    at->device = found.st_dev;
    at->skips_owned = found.st_uid != geteuid();
    return walk_directory(at, 0);
}

const char *pyw_source_tree_walk(const pyw_source_tree *tree, int first, const pyw_file_list *known,
                                 pyw_source_visit *visit, void *baton, int *is_partial)
{
    walk at = {.tree = tree, .known = known, .visit = visit, .baton = baton, .ends_at = pyw_clock_us() + WALK_MOST_US};
    const char *result = NULL;

    for (int i = first; i < tree->roots->nelts && result == NULL; i++) {
        result = walk_root(&at, APR_ARRAY_IDX(tree->roots, i, const char *));
    }
    *is_partial = *is_partial || is_over(&at);
    return result;
}
