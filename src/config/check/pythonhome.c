/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/pythonhome.h"

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os/regular_file.h"

/* The versions of PYW_SUPPORTED_PYTHONS. */
enum { OLDEST_MINOR = 9, NEWEST_MINOR = 14 };

enum { VENV_MOST = 8192 };

/*
 * Extracts "3.11" from "3.11.2" (also from the part of "python3.11" after the name), and "3.13t" from "3.13t": a
 * free-threaded build. NULL if `text` does not begin with a version.
 */
static const char *series_of(apr_pool_t *pool, const char *text)
{
    apr_size_t length = 2;

    if (text[0] != '3' || text[1] != '.' || !apr_isdigit(text[2])) {
        return NULL;
    }
    while (apr_isdigit(text[length])) {
        length++;
    }
    if (text[length] == 't') {
        length++;
    }
    return apr_pstrmemdup(pool, text, length);
}

/* The value of a line "key = value"; NULL if it is another key. */
static const char *value_of(const char *line, const char *key)
{
    apr_size_t length = strlen(key);

    if (strncmp(line, key, length) != 0) {
        return NULL;
    }
    line += length;
    while (*line == ' ' || *line == '\t') {
        line++;
    }
    if (*line++ != '=') {
        return NULL;
    }
    while (*line == ' ' || *line == '\t') {
        line++;
    }
    return line;
}

/* venv writes "version", virtualenv "version_info". The file may belong to the user of a site. */
static const char *series_of_venv(apr_pool_t *pool, const char *home)
{
    char *text = apr_palloc(pool, VENV_MOST), *state;
    const char *series = NULL;

    (void)pyw_regular_file_read(text, VENV_MOST, apr_pstrcat(pool, home, "/pyvenv.cfg", NULL));
    for (char *line = apr_strtok(text, "\n", &state); line && !series; line = apr_strtok(NULL, "\n", &state)) {
        const char *value = value_of(line, "version");

        if (!value) {
            value = value_of(line, "version_info");
        }
        series = value ? series_of(pool, value) : NULL;
    }
    return series;
}

/* The link bin/python3 leads to a program named python3.11. */
static const char *series_of_program(apr_pool_t *pool, const char *home)
{
    char *program = realpath(apr_pstrcat(pool, home, "/bin/python3", NULL), NULL);
    const char *name = program ? strrchr(program, '/') + 1 : "";
    const char *series = strncmp(name, "python", 6) == 0 ? series_of(pool, name + 6) : NULL;

    free(program);
    return series;
}

/* In a prefix without a link, the only directory lib/python3.X that contains an os.py. */
static const char *series_of_library(apr_pool_t *pool, const char *home)
{
    const char *library = apr_pstrcat(pool, home, "/lib", NULL);
    const char *series = NULL;
    apr_finfo_t entry, os_py;
    apr_dir_t *directory;

    if (apr_dir_open(&directory, library, pool) != APR_SUCCESS) {
        return NULL;
    }
    while (!series && apr_dir_read(&entry, APR_FINFO_NAME, directory) == APR_SUCCESS) {
        if (strncmp(entry.name, "python", 6) == 0 &&
            apr_stat(&os_py, apr_pstrcat(pool, library, "/", entry.name, "/os.py", NULL), APR_FINFO_TYPE, pool) ==
                APR_SUCCESS) {
            series = series_of(pool, entry.name + 6);
        }
    }
    apr_dir_close(directory);
    return series;
}

/*
 * Turns "3.13" into "3.13t" for a free-threaded build, which neither pyvenv.cfg nor always the program's name reveals.
 */
static const char *add_threading(apr_pool_t *pool, const char *home, const char *series)
{
    const char *library = apr_pstrcat(pool, home, "/lib/python", series, NULL);

    if (access(library, F_OK) != 0 && access(apr_pstrcat(pool, library, "t", NULL), F_OK) == 0) {
        return apr_pstrcat(pool, series, "t", NULL);
    }
    return series;
}

const char *pyw_pythonhome_series(apr_pool_t *pool, const char *home, const char **series)
{
    apr_finfo_t finfo;

    if (apr_stat(&finfo, home, APR_FINFO_TYPE, pool) != APR_SUCCESS) {
        return apr_psprintf(pool, errno == ENOENT ? "%s does not exist" : "%s: %s", home, strerror(errno));
    }
    if (finfo.filetype != APR_DIR) {
        return apr_psprintf(
            pool, "%s is not a directory: specify the prefix or virtual environment, not the program in it", home);
    }
    *series = series_of_venv(pool, home);
    if (*series && access(apr_pstrcat(pool, home, "/bin/python3", NULL), F_OK) != 0) {
        return apr_psprintf(pool, "%s/bin/python3 is missing or a dangling link: create the virtual environment again",
                            home);
    }
    if (!*series) {
        *series = series_of_program(pool, home);
    }
    if (!*series) {
        *series = series_of_library(pool, home);
    }
    if (*series) {
        *series = add_threading(pool, home, *series);
    }
    return *series ? NULL
                   : apr_psprintf(pool,
                                  "%s is not a Python environment: it has no pyvenv.cfg, bin/python3 or "
                                  "lib/python3.X",
                                  home);
}

const char *pyw_pythonhome_prefix(apr_pool_t *pool, const char *home, const char **other)
{
    const char *colon = home ? strchr(home, ':') : NULL;
    const char *prefix;

    *other = NULL;
    if (!colon || access(home, F_OK) == 0) {
        return home;
    }
    prefix = apr_pstrmemdup(pool, home, (apr_size_t)(colon - home));
    if (strcmp(prefix, colon + 1) != 0) {
        *other = colon + 1;
    }
    return prefix;
}

int pyw_pythonhome_is_supported(const char *series)
{
    long minor = strtol(series + 2, NULL, 10);

    return minor >= OLDEST_MINOR && minor <= NEWEST_MINOR;
}

int pyw_pythonhome_is_free_threaded(const char *series)
{
    return series[strlen(series) - 1] == 't';
}

const char *pyw_pythonhome_engine(apr_pool_t *pool, const char *directory, const char *series)
{
    return apr_psprintf(pool, "%s/pywsgi_cpython%c%s.so", directory, series[0], series + 2);
}
