/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include "python/process/runtime.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/module.h"
#include "python/process/forked.h"

static pyw_result not_started(pyw_problem *problem, const PyStatus *status, const char *executable)
{
    return pyw_problem_set(problem, "Python %s of %s does not start: %s%s%s", pyw_runtime_version(), executable,
                           status->func != NULL ? status->func : "", status->func != NULL ? ": " : "",
                           status->err_msg != NULL ? status->err_msg : "it asked to exit");
}

/* Writes the path of the python executable. */
static pyw_result find_executable(const char *home, char *path, size_t size, pyw_problem *problem)
{
    char library[PATH_MAX];

    if (home == NULL) {
        snprintf(path, size, "%s", PYW_PYTHON_EXECUTABLE);
        return PYW_OK;
    }
    if ((size_t)snprintf(path, size, "%s/bin/python3", home) >= size ||
        (size_t)snprintf(library, sizeof(library), "%s/lib/python" PYW_PYTHON_SERIES, home) >= sizeof(library)) {
        return pyw_problem_set(problem, "python-home is too long: %s", home);
    }
    if (access(path, X_OK) != 0) {
        return pyw_problem_set(problem,
                               "python-home %s is no Python environment that this user may use: %s cannot be "
                               "executed",
                               home, path);
    }
    if (access(library, X_OK) != 0) {
        return pyw_problem_set(problem,
                               "python-home %s has no lib/python" PYW_PYTHON_SERIES ", or this user may not "
                               "enter it: this engine is for Python " PYW_PYTHON_SERIES,
                               home);
    }
    return PYW_OK;
}

/* Do the environment variables select an installed locale with more than ASCII? */
static int locale_is_chosen(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    int chosen;

    if (locale == (locale_t)0) {
        return 0;
    }
    chosen = strcmp(nl_langinfo_l(CODESET, locale), "ANSI_X3.4-1968") != 0;
    freelocale(locale);
    return chosen;
}

/* In httpd's child, httpd owns the locale: LC_CTYPE is unchanged, and file names are UTF-8. */
static PyStatus preinitialise(int is_daemon)
{
    PyPreConfig config;

    PyPreConfig_InitPythonConfig(&config);
    config.configure_locale = is_daemon;
    config.coerce_c_locale = 0;
    config.coerce_c_locale_warn = 0;
    config.utf8_mode = !(is_daemon && locale_is_chosen());
    config.parse_argv = 0;
    return Py_PreInitialize(&config);
}

static PyStatus add_warning_filter(PyConfig *config, const char *text)
{
    wchar_t *filter = Py_DecodeLocale(text, NULL);
    PyStatus status = filter != NULL ? PyWideStringList_Append(&config->warnoptions, filter) : PyStatus_NoMemory();

    PyMem_RawFree(filter);
    return status;
}

static void set_hash_seed(PyConfig *config, const char *text)
{
    config->use_hash_seed = strcmp(text, "random") != 0;
    config->hash_seed = config->use_hash_seed ? strtoul(text, NULL, 10) : 0;
}

static PyStatus apply_settings(PyConfig *config, const pyw_python_setting *setting)
{
    PyStatus status = PyStatus_Ok();

    for (; setting != NULL && setting->name != NULL && !PyStatus_Exception(status); setting++) {
        if (strcmp(setting->name, "optimize") == 0) {
            config->optimization_level = (int)strtol(setting->value, NULL, 10);
        }
        else if (strcmp(setting->name, "dont-write-bytecode") == 0) {
            config->write_bytecode = strcmp(setting->value, "On") != 0;
        }
        else if (strcmp(setting->name, "hash-seed") == 0) {
            set_hash_seed(config, setting->value);
        }
        else if (strcmp(setting->name, "warnings") == 0) {
            status = add_warning_filter(config, setting->value);
        }
    }
    return status;
}

static PyStatus configure(PyConfig *config, const char *executable)
{
    static char name[] = "mod_wsgi"; /* applications recognize the server by it */
    char *argv[] = {name};
    PyStatus status = PyConfig_SetBytesString(config, &config->executable, executable);

    config->parse_argv = 0;
    config->install_signal_handlers = 0;
    config->pathconfig_warnings = 0;
    /* A path with a slash keeps versions of Python that use the program name from searching PATH. */
    if (!PyStatus_Exception(status)) {
        status = PyConfig_SetBytesString(config, &config->program_name, executable);
    }
    if (!PyStatus_Exception(status)) {
        status = PyConfig_SetBytesArgv(config, 1, argv);
    }
    return status;
}

pyw_result pyw_runtime_start(const pyw_runtime_settings *settings, pyw_problem *problem)
{
    char executable[PATH_MAX];
    PyConfig config;
    PyStatus status;

    if (find_executable(settings->python_home, executable, sizeof(executable), problem) != PYW_OK) {
        return PYW_FAILED;
    }
    if (pyw_module_register() < 0) {
        return pyw_problem_set(problem, "out of memory");
    }
    /* PYTHONHOME may name another Python's library. */
    unsetenv("PYTHONHOME");
    status = preinitialise(settings->is_daemon);
    if (PyStatus_Exception(status)) {
        return not_started(problem, &status, executable);
    }
    PyConfig_InitPythonConfig(&config);
    status = configure(&config, executable);
    if (!PyStatus_Exception(status)) {
        status = apply_settings(&config, settings->python_settings);
    }
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
        pyw_forked_check_application(); /* for code in sitecustomize or a .pth file */
    }
    PyConfig_Clear(&config);
    return PyStatus_Exception(status) ? not_started(problem, &status, executable) : PYW_OK;
}

const char *pyw_runtime_version(void)
{
    static char version[32];
    const char *text = Py_GetVersion();

    /* Concurrent callers write the same bytes. */
    snprintf(version, sizeof(version), "%.*s", (int)strcspn(text, " "), text);
    return version;
}
